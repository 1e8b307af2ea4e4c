namespace Krewe.Contracts;

/// <summary>The type of one element of an observation or an action. The values are part of the file and wire formats and never change.</summary>
public enum ElementType : byte
{
    /// <summary>IEEE 754 single precision, 4 bytes; used unchanged as network input.</summary>
    Float32 = 0,

    /// <summary>Unsigned byte (images); divided by 255 as network input.</summary>
    UInt8 = 1,

    /// <summary>Signed 32-bit index of a <see cref="DiscreteSpace"/>; one-hot encoded as network input.</summary>
    Int32 = 2,
}

/// <summary>Sizes of <see cref="ElementType"/>.</summary>
public static class ElementTypeExtensions
{
    /// <summary>Returns the size of one element in bytes.</summary>
    /// <param name="type">The element type.</param>
    public static int ByteSize(this ElementType type) => type == ElementType.UInt8 ? 1 : 4;
}
