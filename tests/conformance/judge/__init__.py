# SPDX-License-Identifier: Apache-2.0
"""The parts of conformance.py. README.md says what is judged."""
