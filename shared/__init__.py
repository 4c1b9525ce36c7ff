"""What two services need, and nothing else.

The wire contract (`queue`, `jobs`), what lasts (`store`), how sound is read (`sound`) and how
transitions are judged (`learning`). What one service alone needs lives in that service; `shared`
imports no service, and only `shared.learning` may import TensorFlow.
"""
