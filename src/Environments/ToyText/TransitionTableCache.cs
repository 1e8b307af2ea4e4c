namespace Krewe.Environments;

/// <summary>
/// Keeps the table built last, so that consecutive instances with the same arguments share it. Thousands of copies would be slow to
/// build and would not fit into the processor's cache. Thread-safe.
/// </summary>
/// <typeparam name="TKey">The arguments.</typeparam>
internal sealed class TransitionTableCache<TKey>
    where TKey : class, IEquatable<TKey>
{
    private readonly Lock _gate = new();
    private TKey? _key;
    private TransitionTable? _table;

    /// <summary>Returns the table for a key and builds it if it is not the last one.</summary>
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
