/// What an access wants.
public enum AccessKind: UInt8, Sendable {
    case load
    case store
    case fetch

    var pageFault: UInt64 {
        switch self {
        case .load: ExceptionCause.loadPageFault
        case .store: ExceptionCause.storePageFault
        case .fetch: ExceptionCause.fetchPageFault
        }
    }

    var accessFault: UInt64 {
        switch self {
        case .load: ExceptionCause.loadAccess
        case .store: ExceptionCause.storeAccess
        case .fetch: ExceptionCause.fetchAccess
        }
    }

    var pmpRight: UInt8 {
        switch self {
        case .load: PMP.read
        case .store: PMP.write
        case .fetch: PMP.execute
        }
    }
}
