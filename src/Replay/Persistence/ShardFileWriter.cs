using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Krewe.Replay;

/// <summary>
/// Writes a shard's file: header, the live slots column by column from the oldest on, SHA-256 of all that. The file appears whole or
/// not at all: it is written beside its name, flushed to the disk and renamed. The caller holds the shard's lock.
/// </summary>
internal static class ShardFileWriter
{
    /// <summary>Most bytes of a column that are hashed and written, or read, at once.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="path">Its name; a file of that name is replaced.</param>
    /// <param name="header">The header.</param>
    /// <param name="ring">The ring, whose live slots are those of the header.</param>
    /// <exception cref="IOException">The file could not be written; one that was there before is still there.</exception>
    public static void Write(string path, in ShardFileHeader header, SegmentRing ring)
    {
        string beside = path + ".tmp";
        var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
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

                file.Write(hash.GetHashAndReset());
                file.Flush(flushToDisk: true);

                void Put(ReadOnlySpan<byte> bytes)
                {
                    hash.AppendData(bytes);
                    file.Write(bytes);
                }
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
