"""NumPy, one component and one point at a time; returns arrays and a list of Python numbers."""

import numpy as np


def log_joint_table(X, pi, mean, cov):
    table = np.empty((len(X), len(pi)))
    for k in range(len(pi)):
        precision = np.linalg.inv(cov[k])
        constant = np.log(pi[k]) - 0.5 * np.linalg.slogdet(2 * np.pi * cov[k])[1]
        for n in range(len(X)):
            off = X[n] - mean[k]
            table[n, k] = constant - 0.5 * off @ precision @ off
    return table


def normalise(table):
    top = table.max(axis=1, keepdims=True)
    weight = np.exp(table - top)
    total = weight.sum(axis=1, keepdims=True)
    return weight / total, (top + np.log(total)).mean()


def e_step(X, pi, mean, cov):
    return normalise(log_joint_table(*(np.asarray(part) for part in (X, pi, mean, cov))))[0]


def m_step(X, R):
    X, R = np.asarray(X), np.asarray(R)
    pi, mean, cov = [], [], []
    for column in R.T:
        pi.append(column.sum() / len(X))
        mean.append((column[:, None] * X).sum(axis=0) / column.sum())
        off = X - mean[-1]
        cov.append(sum(w * np.outer(o, o) for w, o in zip(column, off)) / column.sum())
    return np.array(pi), np.array(mean), np.array(cov)


def em(X, pi, mean, cov, steps):
    X, pi, mean, cov = (np.asarray(part) for part in (X, pi, mean, cov))
    values = []
    for _ in range(steps):
        R, value = normalise(log_joint_table(X, pi, mean, cov))
        values.append(float(value))
        pi, mean, cov = m_step(X, R)
    values.append(float(normalise(log_joint_table(X, pi, mean, cov))[1]))
    return pi, mean, cov, values
