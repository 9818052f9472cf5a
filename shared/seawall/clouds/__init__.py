"""The clouds' own doors: who we are there, how patient we are, what their errors mean to us.

Comes in: roles, projects and subscriptions by name, and the credentials that the SDKs find. Goes
out: clients of the SDKs, tokens, and each error as TryLater, NoEntry or Trouble, translated here
and nowhere else. Must never: put a token, a signed URL or an answer's body into a text, write to
a cloud, or import an SDK before something is asked of it.
"""
