using System.Globalization;
using Orleans.Serialization.Buffers;

namespace Krewe.Contracts.Grains.Serialization;

/// <summary>Reads the header of a block, of which nothing is allocated before its header was found to be in order.</summary>
internal static class BlockCodec
{
    public static void ReadHeader<TInput>(ref Reader<TInput> reader, uint length, scoped Span<byte> header, string what)
    {
        if (length < header.Length)
        {
            throw new InvalidDataFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{what} of {length} bytes: expected at least the {header.Length} of its header"));
        }

        if (length > reader.Length - reader.Position)
        {
            throw new InvalidDataFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{what} of {length} bytes: the message has only {reader.Length - reader.Position} more"));
        }

        reader.ReadBytes(header);
    }
}
