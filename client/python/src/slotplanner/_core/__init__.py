# SPDX-License-Identifier: Apache-2.0
"""What needs no network: plans in, bytes and results out.

Whatever has to happen outside is an effect that a generator yields (see
`effects`); who runs the generator, with threads or with asyncio, answers it.
"""
