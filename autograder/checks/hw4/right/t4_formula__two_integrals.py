"""Both halves of JS, by the trapezoid rule in NumPy."""


def noisy_segments(theta, sigma):
    if theta == 0:
        return 0.0, 0.0, 0.0
    if sigma == 0:
        return math.inf, math.log(2), abs(theta)
    x = np.linspace(min(0, theta) - 10 * sigma, max(0, theta) + 10 * sigma, 40_001)
    log_p, log_q = (-0.5 * ((x - m) / sigma) ** 2 - math.log(sigma) - 0.5 * math.log(2 * math.pi) for m in (0, theta))
    log_m = np.logaddexp(log_p, log_q) - math.log(2)
    js = 0.5 * np.trapezoid(np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m), x)
    return theta**2 / sigma**2 / 2, float(js), abs(theta)
