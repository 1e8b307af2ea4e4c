namespace Krewe.Environments;

/// <summary>An environment that reports which actions change the current state (Gymnasium's <c>info["action_mask"]</c>).</summary>
public interface IActionMask
{
    /// <summary>Reads the mask.</summary>
    /// <param name="mask">Receives one element per action: 1 if the action changes the state, otherwise 0.</param>
    void GetActionMask(Span<byte> mask);
}
