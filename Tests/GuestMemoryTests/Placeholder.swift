import Testing
@testable import GuestMemory
