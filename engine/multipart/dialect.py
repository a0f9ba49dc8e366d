"""What the S3 of a target takes: sizes of parts, and which requests are signed how."""

from dataclasses import dataclass, field

from engine.parts import PANOPTO_PARTS, PREFERRED, S3_PARTS, PartLimits


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys of an S3 account."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of target.

    `signature` is botocore's name for how the control calls are signed. `signed_parts` tells whether the PUT
    of a part carries SigV4 with UNSIGNED-PAYLOAD or no credential at all. `put_object` tells whether a
    file of one part is stored by one PUT, without a multipart upload.
    """

    name: str
    limits: PartLimits
    signature: str
    signed_parts: bool
    put_object: bool
    preferred: int = PREFERRED


PANOPTO = Dialect("panopto", PANOPTO_PARTS, signature="s3", signed_parts=False, put_object=False)
"""Panopto checks no credential: who knows the upload target may write. Its samples sign by version 2, "s3" to
botocore (Panopto/upload-python-sample 2e2c7f8), or not at all (Panopto/upload-javascript-sample). Under
version 4 botocore may frame bodies as aws-chunked, which Panopto very likely stores as they come. PutObject
is in none of its samples."""

S3 = Dialect("s3", S3_PARTS, signature="s3v4", signed_parts=True, put_object=True)
"""Amazon S3, and what speaks as it does."""

DUMMY = Credentials("dummy", "dummy")
"""For a library that wants some values where the server looks at none (Panopto/upload-python-sample)."""
