#!/usr/bin/python3
"""Makes foreign-hashes.json: passwords as the Python libraries themselves store them.

    apt-get install python3-werkzeug python3-passlib python3-bcrypt python3-argon2 \
        python3-django python3-flask-bcrypt python3-flask-security
    /usr/bin/python3 foreign-hashes.py > foreign-hashes.json

Costs are low, to keep the tests fast, but for one of each kind at the library's own. Salts are
random: each run makes another file that has to pass the same test.

Two kinds are newer than the Debian packages: the scrypt of Werkzeug 2.3 and of Django 4.0. They are
made by hashlib with the arguments that those versions pass, and written as those versions write.
"""

import base64
import hashlib
import json
import logging
import secrets
import string
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import argon2
import bcrypt
import django
import flask
import flask_bcrypt
import flask_security
import flask_security.utils
import passlib
import passlib.hash as ph
import werkzeug
from django.conf import settings
from werkzeug.security import generate_password_hash

settings.configure()
from django.contrib.auth import hashers

SALT = "146585145368132386173505678016728509634"

PASSWORDS = [
    "correct horse battery staple",
    "hunter2",
    "Ünïcødé пароль 密码 🔑",
    "Ame\u0301lie et ﬁlles",
    "ordinary words up to the end of what bcrypt looks at, which is seventy-2, and beyond",
]

accepted = []
refused = []


def take(library, format, make, passwords=PASSWORDS, **more):
    for password in passwords:
        stored = make(password)
        stored = stored.decode("ascii") if isinstance(stored, bytes) else stored
        accepted.append(
            {"library": library, "format": format, "password": password, "stored": stored, **more}
        )


def default(library, format, make, **more):
    take(library, format, make, PASSWORDS[:1], atDefaultCost=True, **more)


def refuse(library, format, stored, password=PASSWORDS[0]):
    refused.append({"library": library, "format": format, "password": password, "stored": stored})


def letters(length):
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def scrypt_of(password, salt, n, r, p):
    return hashlib.scrypt(
        password.encode(), salt=salt.encode(), n=n, r=r, p=p, maxmem=132 * n * r * p, dklen=64
    )


def werkzeug_hashes():
    name = f"Werkzeug {werkzeug.__version__}"
    for digest in ("sha1", "sha256", "sha512"):
        method = f"pbkdf2:{digest}:1000"
        take(name, "werkzeug-pbkdf2", lambda pw: generate_password_hash(pw, method))
    take(
        name,
        "werkzeug-pbkdf2",
        lambda pw: generate_password_hash(pw, "pbkdf2:sha256:1", salt_length=8),
        PASSWORDS[:1],
    )
    default(name, "werkzeug-pbkdf2", generate_password_hash)

    def scrypt(n, r, p):
        def make(pw):
            salt = letters(16)
            return f"scrypt:{n}:{r}:{p}${salt}${scrypt_of(pw, salt, n, r, p).hex()}"

        return make

    take("hashlib, as Werkzeug 2.3", "werkzeug-scrypt", scrypt(256, 8, 1))
    default("hashlib, as Werkzeug 2.3", "werkzeug-scrypt", scrypt(2**15, 8, 1))
    for method in ("sha256", "md5", "plain"):
        format = "plain-text" if method == "plain" else "fast-hash"
        refuse(name, format, generate_password_hash(PASSWORDS[0], method))


def bcrypt_hashes():
    name = f"bcrypt {bcrypt.__version__}"
    for prefix in (b"2a", b"2b"):
        take(name, "bcrypt", lambda pw: bcrypt.hashpw(pw.encode(), bcrypt.gensalt(4, prefix)))

    def php(pw):
        salt = bcrypt.gensalt(4).replace(b"$2b$", b"$2y$")
        return bcrypt.hashpw(pw.encode(), salt)

    take(name, "bcrypt", php)
    default(name, "bcrypt", lambda pw: bcrypt.hashpw(pw.encode(), bcrypt.gensalt()))

    app = flask.Flask("a")
    flask_name = f"Flask-Bcrypt {flask_bcrypt.__version__}"
    plain = flask_bcrypt.Bcrypt(app)
    take(flask_name, "bcrypt", lambda pw: plain.generate_password_hash(pw, 4))
    app.config["BCRYPT_HANDLE_LONG_PASSWORDS"] = True
    long = flask_bcrypt.Bcrypt(app)
    mark = b"flask-bcrypt-sha256:"
    take(
        flask_name,
        "flask-bcrypt-sha256",
        lambda pw: mark + long.generate_password_hash(pw, 4),
    )
    default(flask_name, "flask-bcrypt-sha256", lambda pw: mark + long.generate_password_hash(pw))


def passlib_hashes():
    name = f"passlib {passlib.__version__}"
    # A copy made with using() before the backend is loaded would not find it.
    for lazy in (ph.bcrypt, ph.bcrypt_sha256, ph.argon2, ph.scrypt):
        lazy.set_backend()
    for ident in ("2a", "2b", "2y"):
        take(name, "bcrypt", ph.bcrypt.using(rounds=4, ident=ident).hash)
    sha256 = ph.bcrypt_sha256
    take(name, "passlib-bcrypt-sha256", sha256.using(rounds=4).hash)
    take(name, "passlib-bcrypt-sha256", sha256.using(rounds=4, version=1).hash)
    take(name, "passlib-bcrypt-sha256", sha256.using(rounds=4, version=1, ident="2a").hash)
    default(name, "passlib-bcrypt-sha256", sha256.hash)
    for kind in ("ID", "I"):
        low = ph.argon2.using(type=kind, rounds=2, memory_cost=64, parallelism=2)
        take(name, "argon2", low.hash)
        default(name, "argon2", ph.argon2.using(type=kind).hash)
    for hasher in (ph.pbkdf2_sha1, ph.pbkdf2_sha256, ph.pbkdf2_sha512):
        take(name, "passlib-pbkdf2", hasher.using(rounds=1000).hash)
        default(name, "passlib-pbkdf2", hasher.hash)
    take(name, "passlib-scrypt", ph.scrypt.using(rounds=8).hash)
    default(name, "passlib-scrypt", ph.scrypt.hash)
    refuse(name, "unix-crypt", ph.sha256_crypt.using(rounds=1000).hash(PASSWORDS[0]))
    refuse(name, "unix-crypt", ph.sha512_crypt.using(rounds=1000).hash(PASSWORDS[0]))
    refuse(name, "unix-crypt", ph.md5_crypt.hash(PASSWORDS[0]))
    refuse(name, "unix-crypt", ph.apr_md5_crypt.hash(PASSWORDS[0]))
    refuse(name, "unknown", ph.des_crypt.hash("hunter2"), "hunter2")
    refuse(name, "bcrypt", ph.bcrypt.using(rounds=4, ident="2").hash(PASSWORDS[0]))
    low = ph.argon2.using(type="D", rounds=1, memory_cost=64, parallelism=1)
    refuse(name, "argon2", low.hash(PASSWORDS[0]))


def argon2_hashes():
    name = f"argon2-cffi {argon2.__version__}"
    default(name, "argon2", argon2.PasswordHasher().hash)
    take(name, "argon2", argon2.PasswordHasher(1, 8, 1, hash_len=64, salt_len=32).hash)


def flask_security_hashes():
    name = f"Flask-Security {flask_security.__version__}"

    def hasher(scheme, **options):
        app = flask.Flask("a")
        app.config.update(
            SECRET_KEY="not used",
            SECURITY_PASSWORD_SALT=SALT,
            SECURITY_PASSWORD_HASH=scheme,
            SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=options,
        )
        people = flask_security.UserDatastore(type("User", (), {"fs_uniquifier": ""}), None)
        security = flask_security.Security(app, people)

        def make(pw):
            with app.app_context():
                # As its forms do before: to NFKD, unless the site said otherwise.
                normal = security._password_util.normalize(pw)
                return "flask-security:" + flask_security.utils.hash_password(normal)

        return make

    more = {"salt": SALT}
    take(name, "flask-security", hasher("bcrypt", bcrypt__rounds=4), **more)
    low = {"argon2__memory_cost": 64, "argon2__rounds": 1, "argon2__parallelism": 1}
    take(name, "flask-security", hasher("argon2", **low), **more)
    low = {"pbkdf2_sha512__rounds": 1000}
    take(name, "flask-security", hasher("pbkdf2_sha512", **low), **more)
    default(name, "flask-security", hasher("bcrypt", bcrypt__rounds=12), **more)


def django_hashes():
    name = f"Django {django.get_version()}"

    def cheap(hasher, **cost):
        return type("Cheap", (hasher,), cost)()

    def encode(hasher):
        return lambda pw: hasher.encode(pw, hasher.salt())

    for hasher in (hashers.PBKDF2PasswordHasher, hashers.PBKDF2SHA1PasswordHasher):
        take(name, "django-pbkdf2", encode(cheap(hasher, iterations=1000)))
        default(name, "django-pbkdf2", encode(hasher()))
    low = cheap(hashers.Argon2PasswordHasher, time_cost=1, memory_cost=64, parallelism=2)
    take(name, "django-argon2", encode(low))
    default(name, "django-argon2", encode(hashers.Argon2PasswordHasher()))
    for hasher, format in (
        (hashers.BCryptSHA256PasswordHasher, "django-bcrypt-sha256"),
        (hashers.BCryptPasswordHasher, "django-bcrypt"),
    ):
        take(name, format, encode(cheap(hasher, rounds=4)))
        default(name, format, encode(hasher()))

    def scrypt(n, r, p):
        def make(pw):
            salt = letters(22)
            key = base64.b64encode(scrypt_of(pw, salt, n, r, p)).decode("ascii")
            return f"scrypt${n}${salt}${r}${p}${key}"

        return make

    take("hashlib, as Django 4.0", "django-scrypt", scrypt(256, 8, 1))
    default("hashlib, as Django 4.0", "django-scrypt", scrypt(2**14, 8, 1))
    default("hashlib, as Django 5.1", "django-scrypt", scrypt(2**14, 8, 5))
    for hasher in (hashers.MD5PasswordHasher(), hashers.SHA1PasswordHasher()):
        refuse(name, "fast-hash", hasher.encode(PASSWORDS[0], "saltsalt"))
    for hasher in (hashers.UnsaltedSHA1PasswordHasher(), hashers.UnsaltedMD5PasswordHasher()):
        refuse(name, "fast-hash", hasher.encode(PASSWORDS[0], ""))
    refuse(name, "django-unusable", hashers.make_password(None))


for part in (
    werkzeug_hashes,
    bcrypt_hashes,
    passlib_hashes,
    argon2_hashes,
    flask_security_hashes,
    django_hashes,
):
    part()
json.dump({"accepted": accepted, "refused": refused}, sys.stdout, ensure_ascii=True, indent=2)
sys.stdout.write("\n")
