/// The version of everything on disk. A store of a later one is refused; of an earlier one, read.
///
/// - 1: as first released.
/// - 2: epochs can be pruned and collected (`PrunedEpochs`, segments of version 2), stretches held.
enum StoreFormat {
    static let version = 2
}
