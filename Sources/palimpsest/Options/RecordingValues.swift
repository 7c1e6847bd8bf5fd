import ArgumentParser
import Checkpointing
import GuestMemory
import HistoryStore

extension OutputRelease: ExpressibleByArgument {}
extension DifferenceTiming: ExpressibleByArgument {}

/// A number of epochs a second, or `auto`.
enum EpochRateArgument: Equatable, ExpressibleByArgument {
    case hz(Double)
    case auto

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
            return
        }
        guard let hz = Double(argument) else { return nil }
        self = .hz(hz)
    }
}

/// `5%` or `5`: hundredths, above 0 and below 100.
struct PercentArgument: ExpressibleByArgument {
    let share: Double

    init?(argument: String) {
        let digits = argument.hasSuffix("%") ? argument.dropLast() : argument[...]
        guard let percent = Double(digits), percent > 0, percent < 100 else { return nil }
        share = percent / 100
    }
}

/// `none`, `all`, `cold` or `cold:MASK:COUNT`.
struct DeferralArgument: ExpressibleByArgument {
    var rule: DeferralRule

    init(_ rule: DeferralRule) { self.rule = rule }

    init?(argument: String) {
        switch argument {
        case "none": rule = .none
        case "all": rule = .all
        case "cold": rule = .coldDefault
        default:
            let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "cold", let mask = Self.mask(parts[1]), let count = Int(parts[2]),
                0...8 ~= count
            else { return nil }
            rule = .cold(mask: mask, count: count)
        }
    }

    private static func mask(_ text: Substring) -> ModificationBits? {
        text.hasPrefix("0x") ? ModificationBits(text.dropFirst(2), radix: 16) : ModificationBits(text)
    }

    var defaultValueDescription: String {
        switch rule {
        case .none: "none"
        case .all: "all"
        case .coldDefault: "cold"
        case .cold(let mask, let count): "cold:\(mask):\(count)"
        }
    }
}

/// `epoch`, a number of seconds, or `off`.
struct DurabilityArgument: ExpressibleByArgument {
    var value: Durability

    init(_ value: Durability) { self.value = value }

    init?(argument: String) {
        switch argument {
        case "epoch": value = .epoch
        case "off": value = .off
        default:
            guard let seconds = Double(argument), seconds > 0, seconds < 1e9 else { return nil }
            value = .interval(seconds: seconds)
        }
    }

    var defaultValueDescription: String {
        switch value {
        case .epoch: "epoch"
        case .interval(let seconds): "\(seconds)"
        case .off: "off"
        }
    }
}
