import GuestMemory

/// A dirty page of an epoch, and where what was taken of it is.
struct CapturedPage: @unchecked Sendable {
    enum Kind: UInt8 {
        /// The slot holds the content.
        case copied
        /// The slot will hold the content once `DeferredPages` has handed it over.
        case deferred
        /// The slot holds a `WordDifference`.
        case difference
    }

    var page: UInt64
    var slot: UnsafeMutableRawPointer
    var kind: Kind
    /// Of a copied page: the stun kept a copy too, and differences will follow.
    var isListed: Bool
}
