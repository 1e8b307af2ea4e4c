using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Krewe.Contracts;

namespace Krewe.Replay;

/// <summary>
/// Writes a shard file: the header, the live slots column by column from the oldest on, their priorities (float32) if the selector uses them,
/// and the SHA-256 of all that. The file is replaced atomically: it is written under a temporary name, flushed to disk and renamed. The
/// caller holds the shard's lock.
/// </summary>
internal static class ShardFileWriter
{
    /// <summary>The maximum number of bytes of a column that are read, or hashed and written, at once.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="path">The path of the file; an existing file is replaced.</param>
    /// <param name="header">The header.</param>
    /// <param name="ring">The ring, whose live slots are those in the header.</param>
    /// <param name="selector">The selector of the ring.</param>
    /// <exception cref="IOException">The file could not be written; an existing file is unchanged.</exception>
    public static void Write(string path, in ShardFileHeader header, SegmentRing ring, ISampleSelector selector)
    {
        string temporary = path + ".tmp";
        var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            using (file)
            using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
            {
                Put(MemoryMarshal.AsBytes(new ReadOnlySpan<ShardFileHeader>(in header)));
                for (RingColumn column = RingColumn.Observations; column <= RingColumn.Flags; column++)
                {
                    int chunk = Math.Max(1, ChunkBytes / ring.ElementBytes(column));
                    long position = header.Oldest;
                    while (position < header.Head)
                    {
                        Span<byte> run = ring.Run(column, position, (int)Math.Min(chunk, header.Head - position));
                        Put(run);
                        position += run.Length / ring.ElementBytes(column);
                    }
                }

                if (header.HasPriorities != 0)
                {
                    PutPriorities(header.Oldest, header.Head);
                }

                file.Write(hash.GetHashAndReset());
                file.Flush(flushToDisk: true);

                void PutPriorities(long oldest, long head)
                {
                    var chunk = new float[(int)Math.Min(head - oldest, ChunkBytes / sizeof(float))];
                    for (long position = oldest; position < head; position += chunk.Length)
                    {
                        int count = (int)Math.Min(chunk.Length, head - position);
                        for (int i = 0; i < count; i++)
                        {
                            bool isFinal = (ring.FlagsAt(position + i) & SlotFlags.Final) != 0;
                            chunk[i] = isFinal ? 0 : selector.GetPriority(position + i);
                        }

                        Put(MemoryMarshal.AsBytes(chunk.AsSpan(0, count)));
                    }
                }

                void Put(ReadOnlySpan<byte> bytes)
                {
                    hash.AppendData(bytes);
                    file.Write(bytes);
                }
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
