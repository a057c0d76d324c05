"""A list of positions from `nonzero`, images flattened, and the logit of u compared instead of a probability."""


@torch.inference_mode()
def complete(model, x0, known, u):
    B, _, H, W = x0.shape
    x = x0.clone().reshape(B, H * W)
    holes = ~known.reshape(B, H * W)
    threshold = torch.logit(u.reshape(B, H * W).double())
    for i in torch.nonzero(holes.any(0)).flatten().tolist():
        logits = model.logits(x.view(B, 1, H, W)).reshape(B, H * W)
        rows = holes[:, i]
        x[rows, i] = (threshold[rows, i] < logits[rows, i]).to(x.dtype)
    return x.view(B, 1, H, W)
