"""Two logarithms, a branch, tensors."""


def linear_vae_kl(eigenvalue, noise_var):
    eigenvalue, noise_var = torch.tensor(eigenvalue).double(), torch.tensor(noise_var).double()
    if eigenvalue <= noise_var:
        return torch.zeros(())
    return (torch.log(eigenvalue) - torch.log(noise_var)) / 2
