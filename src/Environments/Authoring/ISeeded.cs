using Krewe.Contracts;

namespace Krewe.Environments;

/// <summary>An environment whose random stream Krewe knows and saves.</summary>
internal interface ISeeded
{
    /// <summary>The random stream.</summary>
    Pcg64 Random { get; }
}
