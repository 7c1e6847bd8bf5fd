/// Columns of text, printed row by row so that a long history shows at once. A cell wider than its column pushes the rest.
struct Table {
    struct Column {
        var title: String
        var width: Int
        /// Text goes to the left, numbers to the right.
        var isText = false
    }

    let columns: [Column]

    init(_ columns: [Column]) {
        self.columns = columns
        printRow(columns.map(\.title))
    }

    func printRow(_ cells: [String]) {
        let padded = zip(columns, cells).map { column, cell in
            let space = String(repeating: " ", count: max(0, column.width - cell.count))
            return column.isText ? cell + space : space + cell
        }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        print(line)
    }
}
