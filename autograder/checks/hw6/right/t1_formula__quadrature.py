"""The adjoint solved backwards, and its integral by the midpoint rule."""


def linear_ode_gradients(a, x0, T, target):
    a_end = x0 * np.exp(a * T) - target
    t = (np.arange(2000) + 0.5) * T / 2000
    adjoint = a_end * np.exp(a * (T - t))
    return a_end * np.exp(a * T), float((adjoint * x0 * np.exp(a * t)).sum() * T / 2000)
