internal import COpenSSL

extension Array where Element: BitwiseCopyable {
    /// Overwrites the elements with zeros where they lie. What somebody else still holds is a copy of its own from then on
    /// and stays as it is: whoever wants memory without a trace wipes with the last holder.
    public mutating func wipe() {
        withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { OPENSSL_cleanse(base, bytes.count) }
        }
    }
}
