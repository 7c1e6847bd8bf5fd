/// The version of everything on disk. A store of a later one is refused; of an earlier one, read.
enum StoreFormat {
    static let version = 1
}
