using TorchSharp;

namespace Krewe.Torch;

/// <summary>
/// The rule for numbers passed to TorchSharp. Its conversions from <c>double</c> or <c>long</c> make a finalizable <see cref="Scalar"/> that
/// nothing refers to once its handle is read, so a collection may free it during the native call. Every scalar is therefore a field or a
/// <c>using</c> variable, and overloads that convert inside TorchSharp (<c>a + b</c>, <c>add(Tensor)</c>, <c>add_(Scalar)</c>) are not called.
/// </summary>
internal static class Scalars
{
    /// <summary>The factor that <c>add</c> and <c>addcmul</c> make on each call when it is left out. libtorch must be loaded.</summary>
    public static readonly Scalar One = 1;
}
