namespace Krewe.Environments;

/// <summary>
/// Keeps the table that was built last, so that instances made one after the other with the same arguments share it: thousands of
/// copies would neither fit the processor's cache nor be built in a moment. Thread-safe.
/// </summary>
/// <typeparam name="TKey">The arguments.</typeparam>
internal sealed class TransitionTableCache<TKey>
    where TKey : class, IEquatable<TKey>
{
    private readonly Lock _gate = new();
    private TKey? _key;
    private TransitionTable? _table;

    /// <summary>The table for some arguments.</summary>
    public TransitionTable Get(TKey key, Func<TKey, TransitionTable> build)
    {
        lock (_gate)
        {
            if (_table is null || !key.Equals(_key))
            {
                (_table, _key) = (build(key), key);
            }

            return _table;
        }
    }
}
