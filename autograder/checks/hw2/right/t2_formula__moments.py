"""The moments of a normal by recursion, then E[z^4 (z - mean)^2] / std^4 - (2 mean)^2."""

def estimator_variances(mean, std):
    moments = [1.0, mean]
    for k in range(2, 7):
        moments.append(mean * moments[-1] + (k - 1) * std**2 * moments[-2])
    second = moments[6] - 2 * mean * moments[5] + mean**2 * moments[4]
    return 4 * (moments[2] - mean**2), second / std**4 - 4 * mean**2
