namespace Krewe.Contracts;

/// <summary>
/// A vector environment whose running episodes can be saved and continued exactly, with the random streams of its instances. A deterministic
/// run saves them with each checkpoint; the episodes of other environments end there.
/// </summary>
public interface IResumableVectorEnvironment : IVectorEnvironment
{
    /// <summary>Whether all instances can be saved; does not change.</summary>
    bool CanSave { get; }

    /// <summary>Writes the state of all instances, between two steps.</summary>
    /// <param name="writer">Receives it.</param>
    void Save(BinaryWriter writer);

    /// <summary>
    /// Replaces the state of all instances, whose episodes continue: the next call is a step. The caller ensures that the environments are of
    /// the same kind, number and arguments as the saved ones.
    /// </summary>
    /// <param name="reader">Where <see cref="Save"/> wrote it.</param>
    void Load(BinaryReader reader);
}
