import GuestMemory

/// How a page version is stored.
public enum PageVersionKind: String, Sendable {
    case keyframe, delta, zero, duplicate, unchanged
    /// No checkpoint has it any longer and it was collected.
    case pruned
}

/// One entry of a page's history: an epoch that wrote the page.
public struct PageVersion: Equatable, Sendable {
    /// The timeline whose own epoch this is (an ancestor's, before a fork).
    public var timeline: String
    public var epoch: UInt64
    /// nil for a pruned version.
    public var hash: PageHash?
    /// Bytes of the page's payload and page table entry; 0 when nothing was stored for it.
    public var storedBytes: Int
    public var kind: PageVersionKind
    /// Where the content is.
    public var location: PageLocation
}

/// An epoch that wrote a page.
public struct PageModification: Equatable, Sendable {
    /// The timeline whose own epoch this is.
    public var timeline: String
    public var epoch: UInt64
    /// Where the content is; nil where it did not change.
    public var location: PageLocation?
}

/// A dirty page of an epoch and its content's identity.
public struct DirtyPageHash: Equatable, Sendable {
    public var page: GuestPhysicalPage
    /// nil where the epoch was pruned and no later checkpoint has the content.
    public var hash: PageHash?

    public init(page: GuestPhysicalPage, hash: PageHash?) {
        self.page = page
        self.hash = hash
    }
}
