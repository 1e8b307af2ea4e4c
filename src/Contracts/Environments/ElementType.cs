
namespace Krewe.Contracts;

/// <summary>The type of one element of an observation. The values are stored and sent: they never change.</summary>
public enum ElementType : byte
{
    /// <summary>IEEE 754 single precision, 4 bytes; a network sees it as it is.</summary>
    Float32 = 0,

    /// <summary>Unsigned byte (images); a network sees it divided by 255.</summary>
    UInt8 = 1,

    /// <summary>Signed 32-bit index of a <see cref="DiscreteSpace"/>; a network sees it one-hot.</summary>
    Int32 = 2,
}

/// <summary>Sizes of <see cref="ElementType"/>.</summary>
public static class ElementTypeExtensions
{
    /// <summary>Bytes of one element.</summary>
    /// <param name="type">The element type.</param>
    public static int ByteSize(this ElementType type) => type == ElementType.UInt8 ? 1 : 4;
}
