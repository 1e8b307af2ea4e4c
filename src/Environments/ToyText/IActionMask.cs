namespace Krewe.Environments;

/// <summary>An environment that knows which actions change the current state (Gymnasium's <c>info["action_mask"]</c>).</summary>
public interface IActionMask
{
    /// <summary>Reads the mask.</summary>
    /// <param name="mask">Receives 1 for an action that changes the state, else 0; as many as there are actions.</param>
    void GetActionMask(Span<byte> mask);
}
