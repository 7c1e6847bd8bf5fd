#if DEBUG || PALIMPSEST_TEST_BUILD
    #if canImport(Glibc)
        import Glibc
    #else
        import Darwin
    #endif
#endif

/// What environment variables change: mechanisms that are taken away, so that it can be shown what goes wrong without them,
/// and checks. Only in debug builds and in those that tools/test and tools/bench make; in every other build they are
/// constants.
enum TestSwitches {
    #if DEBUG || PALIMPSEST_TEST_BUILD
        /// `PALIMPSEST_TEST_NO_T=1`: no page ever has T, and the guest's own fences flush instead.
        static let ignoresTablePages = isSet("PALIMPSEST_TEST_NO_T")

        private static func isSet(_ name: String) -> Bool {
            getenv(name).map { String(cString: $0) == "1" } ?? false
        }
    #else
        static let ignoresTablePages = false
    #endif

    /// Whether the engine's invariants are checked after every slice and every synchronisation: in debug builds, and in test
    /// builds with `PALIMPSEST_TEST_INVARIANTS=1` or where a test asks for it.
    #if DEBUG
        static let assertsInvariants = !ignoresTablePages
    #elseif PALIMPSEST_TEST_BUILD
        static let assertsInvariants = isSet("PALIMPSEST_TEST_INVARIANTS") && !ignoresTablePages
    #else
        static let assertsInvariants = false
    #endif
}
