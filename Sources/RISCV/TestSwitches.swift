#if DEBUG || PALIMPSEST_TEST_BUILD
    #if canImport(Glibc)
        import Glibc
    #else
        import Darwin
    #endif
#endif

/// Mechanisms that an environment variable takes away, so that it can be shown what goes wrong without them. Only in debug
/// builds and in those that tools/test and tools/bench make; in every other build they are constants.
enum TestSwitches {
    #if DEBUG || PALIMPSEST_TEST_BUILD
        /// `PALIMPSEST_TEST_NO_T=1`: no page ever has T, and the guest's own fences flush instead.
        static let ignoresTablePages = getenv("PALIMPSEST_TEST_NO_T").map { String(cString: $0) == "1" } ?? false
    #else
        static let ignoresTablePages = false
    #endif
}
