using TorchSharp;

namespace Krewe.Torch;

/// <summary>
/// How to pass numbers to TorchSharp. Its conversions from <c>double</c> or <c>long</c> create a finalizable <see cref="Scalar"/> that is
/// unreachable once its handle is read, so a garbage collection may free it during the native call. Every scalar must therefore be a field
/// or a <c>using</c> variable, and overloads that convert inside TorchSharp (<c>a + b</c>, <c>add(Tensor)</c>, <c>add_(Scalar)</c>) must not
/// be called.
/// </summary>
internal static class Scalars
{
    /// <summary>The default factor of <c>add</c> and <c>addcmul</c>, which they would otherwise create on each call. libtorch must be loaded.</summary>
    public static readonly Scalar One = 1;
}
