using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Session;

namespace Krewe.Cluster.Tests;

/// <summary>Creates malformed messages.</summary>
internal static class Forgery
{
    private static readonly SerializerSessionPool Sessions =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<SerializerSessionPool>();

    /// <summary>Returns the message with another length field before its block.</summary>
    /// <param name="message">A message with one block.</param>
    /// <param name="block">The offset of the block.</param>
    /// <param name="length">The new length.</param>
    public static byte[] WithLength(byte[] message, int block, int length)
    {
        // Before the block are the field's header and the block's length, a variable number of bytes: the shortest
        // encoding of the old length ends where the block begins.
        byte[] old = Encode((uint)(message.Length - block - Trailer(message, block)));
        return [.. message[..(block - old.Length)], .. Encode((uint)length), .. message[block..]];
    }

    private static int Trailer(byte[] message, int block)
    {
        for (int trailer = 0; trailer < 4; trailer++)
        {
            byte[] length = Encode((uint)(message.Length - block - trailer));
            if (block >= length.Length && message.AsSpan(block - length.Length, length.Length).SequenceEqual(length))
            {
                return trailer;
            }
        }

        throw new ArgumentException("the message's length is not where it was expected", nameof(message));
    }

    private static byte[] Encode(uint value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using SerializerSession session = Sessions.GetSession();
        Writer<ArrayBufferWriter<byte>> writer = Writer.Create(buffer, session);
        writer.WriteVarUInt32(value);
        writer.Commit();
        return buffer.WrittenSpan.ToArray();
    }
}
