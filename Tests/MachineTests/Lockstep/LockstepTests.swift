import Foundation
import Testing

/// Generated instruction streams, in `qemu-system-riscv64` and in our machine, compared after every instruction.
///
/// PALIMPSEST_LOCKSTEP_SEEDS says how many seeds a profile gets (default 6); PALIMPSEST_LOCKSTEP_FIRST the first of them;
/// PALIMPSEST_LOCKSTEP_PROFILE and PALIMPSEST_LOCKSTEP_SEED pick a single stream.
@Suite(.serialized) struct LockstepTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(arguments: StreamProfile.all.map(\.name))
    func agreesWithQEMU(profileName: String) throws {
        if let only = Self.environment["PALIMPSEST_LOCKSTEP_PROFILE"], only != profileName { return }
        guard let program = Tools.qemu else { return Tools.sayQEMUIsAbsent("the lockstep profile \(profileName)") }
        let profile = try #require(StreamProfile.all.first { $0.name == profileName })
        var stepCount = 0
        for seed in Self.seeds {
            let image = StreamGenerator.image(seed: seed, profile: profile)
            do {
                let trace = try QEMUOracle(program: program).trace(image)
                stepCount += trace.states.count
                if let report = try LockstepComparison(image: image, trace: trace).divergence() {
                    Issue.record(Comment(rawValue: report))
                }
            } catch {
                Issue.record("profile \(profileName) seed \(seed): \(String(describing: error))")
            }
        }
        #expect(stepCount > 0)
        print("lockstep \(profileName): \(stepCount) states compared with QEMU in \(Self.seeds.count) streams")
    }

    private static var seeds: ClosedRange<UInt64> {
        if let seed = environment["PALIMPSEST_LOCKSTEP_SEED"].flatMap(UInt64.init) { return seed...seed }
        let first = environment["PALIMPSEST_LOCKSTEP_FIRST"].flatMap(UInt64.init) ?? 1
        let count = environment["PALIMPSEST_LOCKSTEP_SEEDS"].flatMap(UInt64.init) ?? 6
        return first...(first + max(1, count) - 1)
    }
}
