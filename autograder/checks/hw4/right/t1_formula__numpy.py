"""NumPy floats in a list."""


def linear_surgery(weight, std):
    s2, w2 = np.float64(std) ** 2, np.float64(weight) ** 2
    average = (w2 + s2 - 1 - np.log(s2)) / 2
    information = np.log((w2 + s2) / s2) / 2
    return [float(average), float(average - information), float(information)]
