"""Reads a spreadsheet as a stranger does and prints each cell: sheet, place, kind, format, value."""
import sys
import openpyxl

book = openpyxl.load_workbook(sys.argv[1], read_only=len(sys.argv) > 2)
if len(sys.argv) > 2:  # a great one: only how long each sheet is, and its last row
    for sheet in book.worksheets:
        last, count = None, 0
        for last in sheet.iter_rows(values_only=True):
            count += 1
        print(sheet.title, count, last)
    sys.exit(0)
print("created", book.properties.created)
for sheet in book.worksheets:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                print(cell.coordinate, cell.data_type, cell.number_format, cell.value)
