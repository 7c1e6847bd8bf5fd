import Testing
@testable import HistoryStore
