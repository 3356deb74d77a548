"""Texts with and without secrets, as they appear in prints, logs, code and settings.

The secrets are random and never belonged to anyone. They are generated here, and the beginning of a key is written in
two parts, so that no source scanner takes this file for a leak.
"""

from __future__ import annotations

import string
from base64 import b64encode
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Text(NamedTuple):
    """A text with a secret; as a value of *name* if it has one."""

    text: str
    secret: str
    name: str = ""


class Maker:
    """Makes random secrets, the same for the same *seed*."""

    def __init__(self, seed: int = 10) -> None:
        self._random = Random(seed)  # noqa: S311 -- texts for tests

    def of(self, alphabet: str, count: int) -> str:
        """Return *count* random characters of *alphabet*."""
        return "".join(self._random.choices(alphabet, k=count))

    def hex(self, count: int) -> str:
        """Return hexadecimal digits."""
        return self.of("0123456789abcdef", count)

    def alnum(self, count: int) -> str:
        """Return letters and digits."""
        return self.of(string.ascii_letters + string.digits, count)

    def url(self, count: int) -> str:
        """Return characters of URL-safe Base64, with a letter at both ends."""
        return f"{self.of(string.ascii_letters, 1)}{self.of(string.ascii_letters + string.digits + '-_', count - 2)}q"

    def upper(self, count: int) -> str:
        """Return capitals and digits."""
        return self.of(string.ascii_uppercase + string.digits, count)

    def uuid(self) -> str:
        """Return a UUID."""
        return "-".join(map(self.hex, (8, 4, 4, 4, 12)))

    def base64(self, count: int) -> str:
        """Return characters of Base64, with two digits and a letter in front."""
        return f"k{self.of(string.digits, 2)}{self.of(string.ascii_letters + string.digits + '+/', count - 3)}"

    def password(self, count: int = 14) -> str:
        """Return a password with letters, digits and a sign."""
        return f"{self.of(string.ascii_letters, 4)}7{self.of('!%^*~+', 1)}{self.alnum(count - 6)}"


def positives(seed: int = 10) -> list[Text]:
    """Return texts that contain a secret."""
    make = Maker(seed)
    return [
        *_keys(make),
        *_settings(make),
        *_code(make),
        *_addresses(make),
        *_headers(make),
        *_commands(make),
        *_blocks(make),
        *_values(make),
    ]


def _keys(make: Maker) -> Iterator[Text]:
    """Yield the keys of services, each in a sentence, a printed dict, or a log line."""
    hexa, alnum, url, upper = make.hex, make.alnum, make.url, make.upper
    keys = [
        hexa(40),
        "wandb_" + "v1_" + url(60),
        "local-" + hexa(40),
        "sk" + "-" + alnum(48),
        "sk" + "-proj-" + url(80),
        "sk" + "-svcacct-" + url(80),
        "sk" + "-admin-" + url(80),
        "sk" + "-ant-api03-" + url(90),
        "sk" + "-or-v1-" + hexa(64),
        "sk" + "-lf-" + hexa(8) + "-" + hexa(4) + "-" + hexa(12),
        "gsk" + "_" + alnum(52),
        "xai" + "-" + alnum(80),
        "pplx" + "-" + alnum(48),
        "r8" + "_" + alnum(37),
        "nvapi" + "-" + url(64),
        "lsv2" + "_pt_" + hexa(32) + "_" + hexa(10),
        "pcsk" + "_" + alnum(60),
        "hf" + "_" + make.of(string.ascii_letters, 34),
        "api" + "_org_" + alnum(34),
        "KGAT" + "_" + hexa(32),
        "gh" + "p_" + alnum(36),
        "gh" + "o_" + alnum(36),
        "gh" + "u_" + alnum(36),
        "gh" + "s_" + alnum(36),
        "gh" + "r_" + alnum(76),
        "github" + "_pat_" + alnum(22) + "_" + alnum(59),
        "glpat" + "-" + url(20),
        "glptt" + "-" + hexa(40),
        "glrt" + "-" + url(20),
        "gldt" + "-" + url(20),
        "npm" + "_" + alnum(36),
        "pypi" + "-AgEIcHlwaS5vcmc" + url(70),
        "rubygems" + "_" + hexa(48),
        "dckr" + "_pat_" + url(27),
        "PMAK" + "-" + hexa(24) + "-" + hexa(34),
        "ATATT3" + url(180),
        "lin" + "_api_" + alnum(40),
        "ntn" + "_" + alnum(46),
        "figd" + "_" + url(40),
        "sntrys" + "_" + url(100),
        "glsa" + "_" + alnum(32) + "_" + hexa(8),
        "AK" + "IA" + upper(16),
        "AS" + "IA" + upper(16),
        "LTAI" + alnum(20),
        "AI" + "za" + url(35),
        "ya" + "29." + url(60),
        "GOCSPX" + "-" + url(28),
        "dapi" + hexa(32),
        "dapi" + hexa(32) + "-2",
        "dop" + "_v1_" + hexa(64),
        "doo" + "_v1_" + hexa(64),
        "dor" + "_v1_" + hexa(64),
        "hvs" + "." + url(90),
        "pul" + "-" + hexa(40),
        "dp" + ".pt." + alnum(43),
        "HRKU" + "-" + url(60),
        "rnd" + "_" + alnum(32),
        "nfp" + "_" + alnum(36),
        "sbp" + "_" + hexa(40),
        "pscale" + "_tkn_" + url(43),
        "NRAK" + "-" + upper(27),
        "dt0" + "c01." + upper(24) + "." + upper(64),
        "AGE-SECRET" + "-KEY-1" + upper(58),
        "xox" + "b-" + make.of(string.digits, 12) + "-" + make.of(string.digits, 13) + "-" + alnum(24),
        "xox" + "p-" + make.of(string.digits, 12) + "-" + make.of(string.digits, 12) + "-" + hexa(32),
        "xapp" + "-1-A" + upper(10) + "-" + make.of(string.digits, 13) + "-" + hexa(64),
        "SG" + "." + url(22) + "." + url(43),
        "SK" + hexa(32),
        "key" + "-" + hexa(32),
        hexa(32) + "-us" + "12",
        "shpat" + "_" + hexa(32),
        "sq0atp" + "-" + url(22),
        "sk" + "_live_" + alnum(24),
        "sk" + "_test_" + alnum(24),
        "rk" + "_live_" + alnum(24),
        "whsec" + "_" + alnum(32),
        "eyJ" + alnum(20) + ".eyJ" + alnum(60) + "." + url(43),
        "M" + alnum(23) + "." + url(6) + "." + url(38),
        alnum(14) + ".atlas" + "v1." + url(66),
        make.of(string.digits, 10) + ":" + "AA" + url(33),
        "a1B8" + "Q~" + url(33),
        "pat" + alnum(14) + "." + hexa(64),
    ]
    shapes = ("using {}", "{{'lr': 0.1, 'x': '{}'}}", "2026-01-05 10:11:12 INFO client started with {}, retrying")
    for number, key in enumerate(keys):
        secret = key.partition(":")[2] or key
        yield Text(shapes[number % len(shapes)].format(key), secret)


def _settings(make: Maker) -> Iterator[Text]:
    """Yield lines of `.env`, INI, YAML, TOML and JSON files, connection strings, and `.netrc`."""
    shapes = [
        ("AWS_SECRET_ACCESS" + "_KEY={}", make.base64(40)),
        ("export AWS_SECRET_ACCESS" + "_KEY={}", make.base64(40)),
        ("aws_secret_access" + "_key = {}", make.base64(40)),
        ("[default]\naws_secret_access" + "_key={}\nregion=eu-west-1", make.base64(40)),
        ("  aws_secret_access" + "_key: {}", make.base64(40)),
        ("aws_session_token = {}", make.base64(200)),
        ("DB_PASSWORD={}", make.password()),
        ("DB_PASSWORD={}\nDB_HOST=db", "correct" + "horse"),
        ('DB_PASSWORD="{}"', "correct horse battery"),
        ("DB_PASSWORD='{}'", make.password()),
        ("POSTGRES_PASSWORD={}", "p(ss,w0rd)[x]"),
        ("REDIS_PASS={}", make.password()),
        ("- name: DB_PASSWORD\n  value: {}", make.password()),
        ('{{"name": "DB_PASSWORD", "value": "{}"}}', make.password()),
        ("secret_key_base: {}", make.hex(64)),
        ("password = {}", make.password()),
        ("password={}", make.password()),
        ("password: {}", make.password()),
        ("password: {}\nuser: me", "correct-horse-battery"),
        ("  password: '{}'", "correct horse"),
        ("passwd: {}", make.password()),
        ("db:\n  user: me\n  pw: {}\n", make.password()),
        ('{{"password": "{}"}}', make.password()),
        ('{{"user": "me", "password": "{}", "port": 5432}}', 'a\\"b' + make.password()),
        ('{{\\"password\\": \\"{}\\"}}', make.password()),
        ("secret: {}", make.url(24)),
        ("client_secret: {}", make.url(34)),
        ('client_secret = "{}"', make.url(34)),
        ('"clientSecret": "{}"', make.url(34)),
        ("api_key: {}", make.hex(32)),
        ("api-key: {}", make.alnum(24)),
        ("apikey={}", make.alnum(24)),
        ('apiKey = "{}"', make.alnum(24)),
        ("API Key: {}", make.alnum(32)),
        ("token: {}", make.alnum(32)),
        ("token={}", make.hex(32)),
        ('token = "{}"', make.url(43)),
        ('{{"token": "{}"}}', make.hex(48)),
        ('{{"username": "me", "key": "{}"}}', make.hex(32)),
        ("access_token: {}", make.url(40)),
        ("refresh_token={}", make.url(40)),
        ("DATADOG_API_KEY={}", make.hex(32)),
        ("TWILIO_AUTH_TOKEN={}", make.hex(32)),
        ("HEROKU_API_KEY={}", make.uuid()),
        ("COHERE_API_KEY: {}", make.alnum(40)),
        ("MISTRAL_API_KEY={}", make.alnum(32)),
        ("WANDB_API_KEY={}", make.hex(40)),
        ("encryption_key = {}", make.base64(43) + "="),
        ("SECRET_KEY = '{}'", "django-insecure-" + make.alnum(40)),
        ("spring.datasource.password={}", make.password()),
        ("<password>{}</password>", make.password()),
        ("<add key='x'/><apiKey>{}</apiKey>", make.alnum(32)),
        ("machine api.wandb.ai login user password {}", make.hex(40)),
        ("machine api.wandb.ai\n  login user\n  password {}\n", make.hex(40)),
        ("machine example.com login me password {}", "plain" + "horse"),
        ("machine example.com\n\tlogin me\n\tpassword {}\nmachine other.com", make.password()),
        ("default login me password {}", make.password()),
        (
            "DefaultEndpointsProtocol=https;AccountName=a;Account" + "Key={};EndpointSuffix=core.windows.net",
            make.base64(86) + "==",
        ),
        ("Account" + "Key={}", make.base64(86) + "=="),
        (
            "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccess" + "Key={}",
            make.base64(43) + "=",
        ),
        ("HostName=x.azure-devices.net;DeviceId=d;SharedAccess" + "Key={}", make.base64(43) + "="),
        ("Server=tcp:x.database.windows.net;Database=d;User ID=me;Password={};Encrypt=True", "correcthorse"),
        ("Server=x;Uid=me;Pwd={};", make.password()),
        ("host=db port=5432 user=me password={} dbname=x", make.password()),
        (
            "//registry.example.com/:_auth" + "Token={}",
            make.uuid(),
        ),
    ]
    for shape, secret in shapes:
        yield Text(shape.format(secret), secret)


def _code(make: Maker) -> Iterator[Text]:
    """Yield lines of Python, as in cells and scripts."""
    shapes = [
        ('password = "{}"', "correct horse battery staple"),
        ("password = '{}'", make.password()),
        ('password = """{}"""', make.password()),
        ("password = '''{}'''", "two lines\nof words"),
        ("PASSWORD = r'{}'", make.password()),
        ('connect(host="db", user="me", password="{}")', "correcthorse"),
        ("connect('db', passwd = '{}')", make.password()),
        ('client = Client(api_key="{}")', make.alnum(32)),
        ("wandb.login(key='{}')", make.hex(40)),
        ('login(token="{}")', make.alnum(37)),
        ('os.environ["MY_TOKEN"] = "{}"', "abcd1234"),
        ("os.environ['WANDB_API_KEY'] = '{}'", make.hex(40)),
        ('os.environ.setdefault("API_TOKEN", "{}")', make.alnum(24)),
        ('os.putenv("DB_PASSWORD", "{}")', make.password()),
        ('def connect(password: str = "{}"): ...', make.password()),
        ('def connect(token: str | None = "{}"): ...', make.alnum(32)),
        ('secret: Optional[str] = "{}"', make.alnum(20)),
        ('config = dict(lr=0.1, secret="{}")', "correcthorse"),
        ('config = {{"lr": 0.1, "db_password": "{}"}}', "correct.horse"),
        ('if token == "{}":', make.alnum(32)),
        ('self.api_key = "{}"', make.alnum(32)),
        ('credentials = "{}"', make.alnum(32)),
        ('boto3.client("s3", aws_secret_access' + '_key="{}")', make.base64(40)),
        ('storage_options = {{"secret": "{}"}}', make.base64(40)),
        ('requests.get(url, auth=("me", "{}"))', make.password()),
        ('HTTPBasicAuth = x; auth = HTTPBasicAuth("me", "{}")', make.password()),
        ('print("password:", "{}")', make.password()),
        ('private_key = b"{}"', make.base64(44)),
        ("api_key = f'{}'", make.alnum(32)),
        ("Namespace(lr=0.1, token='{}')", make.alnum(36)),
        ("Config(password='{}', lr=0.1)", make.password()),
        ("KeyError: \"token='{}' is not valid\"", make.alnum(36)),
    ]
    for shape, secret in shapes:
        yield Text(shape.format(secret), secret)


def _addresses(make: Maker) -> Iterator[Text]:
    shapes = [
        ("https://me:{}@example.com/repository.git", make.alnum(16)),
        ("postgres://me:{}@db:5432/x", "p%40ss"),
        ("postgresql+psycopg2://me:{}@db.example.com/x?sslmode=require", "p@ss" + "/w0rd"),
        ("mysql://root:{}@127.0.0.1:3306/db", "a/b/c" + make.alnum(6)),
        ("mongodb+srv://me:{}@cluster0.x.mongodb.net/test?retryWrites=true", make.password()),
        ("mongodb://me:{}@h1:27017,h2:27017/db", make.alnum(16)),
        ("redis://:{}@cache:6379/0", make.alnum(20)),
        ("rediss://default:{}@cache:6379", "with@sign"),
        ("amqp://guest:{}@rabbit:5672//", make.password()),
        ("smtp://me@example.com:{}@smtp.example.com:587".replace("me@example.com", "me"), make.password()),
        ("ftp://me:{}@ftp.example.com/data.csv", "correcthorse"),
        ("http://me:{}@proxy:3128", make.alnum(10)),
        ("git clone https://oauth2:{}@gitlab.example.com/a/b.git", make.alnum(20)),
        ("pip install git+https://{}@github.com/a/b.git@main", make.hex(30)),
        ("pip install --index-url https://me:{}@pypi.example.com/simple x", make.alnum(24)),
        ("https://{}@o123.ingest.example.io/456", make.hex(32)),
        ("https://{}:x-oauth-basic@github.com/a/b", make.hex(30)),
        ("'sqlalchemy.url': 'postgresql://me:{}@db/x'", make.password()),
        ("snowflake://me:{}@account/db/schema?warehouse=w", make.password()),
        ("see https://hooks.slack" + ".com/services/{}", f"T{make.upper(8)}/B{make.upper(8)}/{make.alnum(24)}"),
        ("https://hooks.slack" + ".com/workflows/{}", f"T{make.upper(8)}/A{make.upper(8)}/{make.alnum(24)}"),
        ("https://discord" + ".com/api/webhooks/{}", f"{make.of(string.digits, 18)}/{make.url(68)}"),
        (
            "https://x.webhook.office" + ".com/webhookb2/{}",
            f"{make.hex(8)}@{make.hex(8)}/IncomingWebhook/{make.hex(32)}/{make.hex(8)}",
        ),
        ("GET /v1/models?key={}&alt=json", make.alnum(39)),
        ("GET /x?a=1&api_key={}&b=2", "abcd1234"),
        ("http://localhost:8888/lab?token={}", make.hex(48)),
        ("http://localhost:8888/?token={} :: /home/me", make.hex(48)),
        ("https://x.blob.core.windows.net/c/b?sv=2024-01-01&se=2027&sr=b&sig={}", make.base64(40) + "%3D"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Expires=3600&X-Amz-Signature={}", make.hex(64)),
        ("https://b.s3.amazonaws.com/k?X-Amz-Security-Token={}&x=1", make.alnum(100)),
        ("https://example.com/reset?auth={}", make.alnum(24)),
        ("wss://example.com/socket?access_token={}", make.url(40)),
    ]
    for shape, secret in shapes:
        yield Text(shape.format(secret), secret)


def _headers(make: Maker) -> Iterator[Text]:
    basic = b64encode(f"me:{make.alnum(12)}".encode()).decode()
    shapes = [
        ("Authorization: Bearer {}", make.url(40)),
        ("authorization: bearer {}", make.alnum(24)),
        ("Authorization: Basic {}", basic),
        ("'Authorization': 'Basic {}'", basic),
        ("the header was Basic {} and wrong", basic),
        ("Authorization: token {}", make.alnum(40)),
        ('headers = {{"Authorization": "Token {}"}}', make.hex(40)),
        ('{{"Authorization": "{}"}}', make.alnum(40)),
        ("Authorization: ApiKey {}", make.base64(58)),
        ("Proxy-Authorization: Basic {}", basic),
        ("curl -H 'Authorization: Bearer {}' https://example.com", make.url(40)),
        ('headers={{"Authorization": f"Bearer {}"}}', make.url(40)),
        ("X-Api-Key: {}", make.alnum(32)),
        ("x-api-key={}", make.alnum(32)),
        ('"X-API-KEY": "{}"', make.alnum(32)),
        ("('x-api-key', '{}')", make.alnum(32)),
        ("curl -H 'X-Auth-Token: {}' https://example.com", make.alnum(32)),
        ("PRIVATE-TOKEN: {}", make.alnum(20)),
        ("X-Vault-Token: {}", make.alnum(26)),
        ("api-key: {}", make.hex(32)),
        ("Ocp-Apim-Subscription-Key: {}", make.hex(32)),
        ("Cookie: sessionid={}; theme=dark", make.alnum(32)),
        ("Set-Cookie: session={}; Path=/; HttpOnly", make.url(40)),
        ('"Cookie": "_xsrf=2|{}"', make.hex(32)),
        ("curl -u me:{} https://example.com", make.password()),
        ("curl --user 'me:{}' https://example.com", make.password()),
    ]
    for shape, secret in shapes:
        yield Text(shape.format(secret), secret)


def _commands(make: Maker) -> Iterator[Text]:
    shapes = [
        ("%env MY_TOKEN={}", "plainword"),
        ("%env MY_TOKEN {}", "plainword"),
        ("%set_env HF_TOKEN={}", make.alnum(20)),
        ("!export API_KEY={}", make.alnum(20)),
        ("export OPENAI_API_KEY={}", make.alnum(20)),
        ("setenv DB_PASSWORD {}", "correcthorse"),
        ("ENV GITHUB_TOKEN={}", make.alnum(36)),
        ("docker run -e POSTGRES_PASSWORD={} postgres", make.password()),
        ("heroku config:set SECRET_KEY={}", make.alnum(40)),
        ("python train.py --api-key {} --lr 0.1", make.alnum(24)),
        ("python train.py --token={}", make.alnum(24)),
        ("python train.py --db-password {}", "correcthorse"),
        ("python train.py --password '{}'", make.password()),
        ("!wandb login {}", make.hex(40)),
        ("!huggingface-cli login --token {}", make.alnum(37)),
        ("mysql -u root --password={} db", make.password()),
        ("sshpass -p '{}' ssh me@host", make.password()),
        ("docker login -u me -p {} registry.example.com", make.password()),
        ("sshpass -p x; PGPASSWORD={} psql -h db", "correct" + "horse"),
        ("\x1b[1;32m{}\x1b[0m", "gh" + "p_" + make.alnum(36)),
        (r"print('\n{}')", "sk" + "-" + make.alnum(48)),
        (r"\t{}", make.hex(40)),
    ]
    for shape, secret in shapes:
        yield Text(shape.format(secret), secret)


def _blocks(make: Maker) -> Iterator[Text]:
    body = "\n".join(make.base64(64) for _ in range(6))
    secret = body[70:120]
    for kind in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED "):
        yield Text(f"-----BEGIN {kind}PRIVATE" + f" KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----\n", secret)
    encrypted = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,{make.hex(32).upper()}\n\n{body}"
    yield Text("-----BEGIN RSA PRIVATE" + f" KEY-----\n{encrypted}\n-----END RSA PRIVATE KEY-----", secret)
    yield Text("-----BEGIN RSA PRIVATE" + f" KEY-----\n{encrypted}", secret)
    yield Text(
        "-----BEGIN PGP PRIVATE" + f" KEY BLOCK-----\nVersion: x-y 1\n\n{body}\n-----END PGP PRIVATE KEY BLOCK-----",
        secret,
    )
    one_line = body.replace("\n", "\\n")
    yield Text(
        '{"private_key": "-----BEGIN PRIVATE' + f' KEY-----\\n{one_line}\\n-----END PRIVATE KEY-----\\n"}}', secret
    )
    yield Text(
        "tls.key: |\n  -----BEGIN PRIVATE KEY-----\n  " + body.replace("\n", "\n  ") + "\n  -----END PRIVATE KEY-----",
        secret,
    )
    yield Text(f"PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 6\n{body}\nPrivate-MAC: x", secret)


def _values(make: Maker) -> Iterator[Text]:
    """Yield values of config keys and rows."""
    values = [
        ("api_key", "canary-1" + "0"),
        ("password", "correct horse"),
        ("db.password", "correcthorse"),
        ("aws_secret_access_key", make.base64(40)),
        ("aws_access_key_id", make.upper(20)),
        ("hf_token", make.alnum(20)),
        ("client_secret", make.url(30)),
        ("clientSecret", make.url(30)),
        ("token", make.alnum(32)),
        ("token", make.hex(32)),
        ("token", make.url(43)),
        ("key", make.hex(32)),
        ("key", make.alnum(24)),
        ("key", make.base64(44)),
        ("pw", make.password()),
        ("pw", "hunter" + "2hunter2"),
        ("pass", make.password()),
        ("cookie", make.alnum(40)),
        ("cookies.session", make.hex(32)),
        ("headers.X-Custom", make.alnum(32)),
        ("headers.Cookie", f"session={make.alnum(32)}"),
        ("headers.Authorization", f"Bearer {make.url(40)}"),
        ("request.headers.x-key", make.hex(40)),
        ("auth", make.alnum(32)),
        ("jwt", make.url(80)),
        ("session_id", make.alnum(32)),
        ("secrets.db", make.password()),
        ("credentials.main", make.password()),
        ("signature", make.hex(64)),
        ("connection_string", "AccountName=a;Account" + f"Key={make.base64(86)}=="),
        ("connection_string", f"postgres://me:{make.alnum(12)}@db/x"),
        ("connection_string", make.alnum(48)),
        ("connection_string", "Server=x;User Id=me;Password=correct" + "horse"),
        ("dsn", f"https://{make.hex(32)}@o1.ingest.example.io/2"),
        ("accessToken", make.alnum(20)),
        ("webhook", "https://hooks.slack" + f".com/services/T{make.upper(8)}/B{make.upper(8)}/{make.alnum(24)}"),
        ("SLACK_KEY", make.alnum(16)),
    ]
    for name, value in values:
        secret = value
        for mark in ("Bearer ", "session=", "Key=", "me:", "Password=", "services/"):
            secret = secret.partition(mark)[2] or secret
        yield Text(value, secret.removeprefix("https://").partition("@")[0], name)


def negatives(seed: int = 10) -> list[Text]:
    """Return texts without a secret; the second field stays empty."""
    make = Maker(seed)
    return [
        *map(_harmless, _words()),
        *map(_harmless, _numbers(make)),
        *map(_harmless, _models()),
        *map(_harmless, _source()),
        *map(_harmless, _links(make)),
        *_harmless_values(make),
    ]


def _harmless(text: str) -> Text:
    return Text(text, "")


def _words() -> list[str]:
    """Return prose, logs and prints with words that name secrets."""
    return [
        "hf_modelname",
        "{'token': 'beginning'}",
        "key: 'val/loss'",
        "HEX_PAT = '[0-9A-Fa-f]{1,4}'",
        "socks5h://<user>:<password>@proxy-host",
        "<label>Password</label><input name='password'>forgotten-password",
        "- name: learning_rate\n  value: exponential-decay",
        "{'name': 'key', 'value': 'validation_loss'}",
        "key: val/loss",
        "http://10:30@noon",
        "meet at 10:30@noon, not 12:00@home",
        "import sklearn; task-based risk-averse sk-learn",
        "the sk-learn-1.2 wheel, sk-estimator-2 and sk-image",
        "max_tokens: 4096, key=value, key = lambda x: x.key",
        "loss 0.123 epoch 7 local-variable wandb_v1 hf_ AKIA",
        "the key parameter is the password field of the form",
        "Basic understanding of authentication is required",
        "Basic authentication, Bearer authentication and token authorization",
        "bearer of bad news",
        "Password: required",
        "password: incorrect",
        "Password: ",
        "Enter password:",
        "Wrong password. Please try again.",
        "login form password validation",
        "machine learning with passwords",
        "the machine password policy",
        "Cookie: chocolate chip with oatmeal and walnuts",
        "cookies: butter, sugar, flour, 200 g of chocolate",
        "cookie = 'oatmeal raisin cookies'",
        "secret santa: everybody brings something",
        "The secret: practice every day",
        "the secret of success = hard work",
        "token: beginning of sentence",
        "token: 12345678",
        "token: tokenization",
        "tokens: ['beginning', 'middle', 'ending']",
        "next token: 'transformer'",
        "most likely token = 'photosynthesis'",
        "key: performance",
        "keys: dict_keys(['loss', 'accuracy'])",
        "KeyError: 'validation_loss'",
        "KeyError: 'key: val_accuracy_top5'",
        'missing key(s) in state_dict: "layer1.0.weight", "layer1.0.bias"',
        'Unexpected key(s) in state_dict: "module.encoder.layers.11.norm2.weight"',
        "press any key: continue",
        "hotkey: ctrl+shift+escape",
        "monkey: macaque-rhesus-2019",
        "auth: disabled",
        "authorization: required",
        "Authorization: none-whatsoever",
        "session: training-2024-01-05",
        "session_id: experiment_12",
        "signature: forward(input_ids, attention_mask)",
        "jwt: json web token",
        "pat: pattern matching",
        "api_key: ${API_KEY}",
        "api_key: <your-api-key>",
        "api_key = 'your-api-key-here'",
        "WANDB_API_KEY=your_key_here",
        "password: ********",
        "password=xxxxxxxx",
        "token: {{ secrets.GITHUB_TOKEN }}",
        "password: $DB_PASSWORD",
        "export HF_TOKEN=$OTHER_TOKEN",
        "credentials: ~/.aws/credentials",
        "GOOGLE_APPLICATION_CREDENTIALS=/home/me/keys/service.json",
        "PWD=/home/me/projects/training",
        "OLDPWD=/home/me/projects",
        "ssh_key: /home/me/.ssh/id_ed25519",
        "private_key = '/etc/ssl/private/server.pem'",
        "SSH_AUTH_SOCK=/run/user/1000/keyring/ssh",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
        "ssh-keygen asks for a passphrase (empty for no passphrase)",
        "keyboard layout: qwerty-international",
        "passes: forward+backward",
        "bypass=enabled-by-default",
        "compass: north-northeast",
        "pattern=**/checkpoint-*.pt",
        "--key val/loss --sort-key accuracy",
        "python train.py --tokenizer bert-base-uncased --max-tokens 4096",
        "python train.py --token-dropout 0.1 --key-dim 64",
        "------------------------------------------------------------",
        "=" * 70,
        " " * 300,
        "\t".join("abc"),
    ]


def _numbers(make: Maker) -> list[str]:
    """Return hashes, identifiers, times and data."""
    uuid = f"{make.hex(8)}-{make.hex(4)}-4{make.hex(3)}-a{make.hex(3)}-{make.hex(12)}"
    commit, other = make.hex(40), make.hex(40)
    return [
        f"commit {commit}",
        f"commit {commit} (HEAD -> main, origin/main)",
        f"commit: {commit}",
        f'"commit": "{commit}"',
        f"'git_commit': '{commit}'",
        f"HEAD is now at {commit}",
        f"HEAD detached at {commit}",
        f"revision={commit}",
        f'revision="{commit}"',
        f"sha: {commit}",
        f"git_sha={commit}",
        f"sha1 = '{commit}'",
        f"parent {commit}",
        f"tree {commit}",
        f"Subproject commit {commit}",
        f"checked out '{commit}'",
        f"{commit} refs/heads/main",
        f"{commit}\trefs/tags/v1.0",
        f"{commit}\tHEAD",
        f"{commit}  model.pt",
        f"{commit} *model.pt",
        f"git diff {commit}..{other}".replace(f"diff {commit}", f"checkout {commit}"),
        f"https://github.com/a/b/commit/{commit}",
        f"https://github.com/a/b/blob/{commit}/train.py",
        f"git+https://github.com/a/b.git@{commit}",
        f"/home/me/.cache/huggingface/hub/models--a--b/snapshots/{commit}/config.json",
        f"etag: {commit}",
        f"ref: {commit}",
        f"fingerprint {commit}",
        f"checksum: {commit}",
        f"md5 {make.hex(32)}",
        make.hex(32),
        f"sha256:{make.hex(64)}",
        f"sha256 {make.hex(64)}",
        f"docker://image:tag@sha256:{make.hex(64)}",
        f"nvcr.io/nvidia/pytorch:24.01-py3@sha256:{make.hex(64)}",
        uuid,
        f"run id {uuid}",
        f"token: {uuid}",
        f"key={uuid}",
        f"GPU-{uuid}",
        f"cache_key = '{make.hex(64)}'",
        f"public_key: '{make.base64(44)}'",
        f"ssh-ed25519 {make.base64(68)} me@host",
        f"data:image/png;base64,{make.base64(120)}",
        f"<img src='data:image/png;base64,{make.base64(400)}'>",
        f"AAAA{make.base64(200)}==",
        "2024-01-05T10:11:12.123456+00:00",
        "key: 2024-01-05T10:11:12",
        "key=20240105T101112Z",
        "0x7f8a4c0d1e2f",
        "<object at 0x7f8a4c0d1e20>",
        "token: 0x7f8a4c0d1e2f3a4b",
        "tensor([[0.1234, 0.5678], [0.9012, 0.3456]], device='cuda:0')",
        "step 12000/500000 lr=3.0000e-04 loss=1.2345 tokens=1234567890",
        "1234567890123456789012345678901234567890",
        "12:34:56:78:9a:bc",
        "fe80::1ff:fe23:4567:890a",
        "192.168.0.1:8080",
        "run-20240105_101112-k2j3h4g5",
        "events.out.tfevents.1704449472.host.1234.0",
    ]


def _models() -> list[str]:
    """Return names of models, files, metrics and tokens of tokenizers."""
    return [
        "tokenizer = 'bert-base-uncased'",
        "eos_token = '<|endoftext|>'",
        'pad_token: "[PAD]"',
        "mask_token='<mask>'",
        "bos_token: '<s>', unk_token: '<unk>'",
        "{'eos_token': '<|im_end|>', 'pad_token': '<|endoftext|>'}",
        "special_token = '<|reserved_special_token_12|>'",
        'bot_token = "<|assistant|>"',
        "image_token: '<image_placeholder_0>'",
        "stop_token = 'END_OF_TURN'",
        "EOS_TOKEN = 'beginning'",
        "PRIMARY_KEY = 'sample_id'",
        "SORT_KEY = 'val/loss'",
        "key: 'encoder.layers.11.self_attn.k_proj.weight'",
        "key = 'model.layers.0.mlp.gate_proj.weight'",
        "key='train/epoch_10/top5_accuracy'",
        "key: 'meta-llama/Llama-3.1-8B-Instruct'",
        "token='sentence-transformers/all-MiniLM-L6-v2'",
        "key: 'google/vit-base-patch16-224-in21k'",
        "key: resnet50_imagenet1k_v2",
        "key: 'wide_resnet101_2.tv2_in1k'",
        "key = 'checkpoints/epoch_10/model_best.pt'",
        "key: s3://bucket/data/train-00001-of-00010.parquet",
        "token: 'Ġtransformer'",
        "token: '##ization'",
        "token: '▁international'",
        "key: 'EleutherAI/gpt-neox-20b'",
        "key: 'mistralai/Mixtral-8x7B-Instruct-v0.1'",
        "key: 'Qwen/Qwen2.5-Coder-7B-Instruct'",
        "key: 'BAAI/bge-large-en-v1.5'",
        "key: 'openai/clip-vit-large-patch14-336'",
        "key: 'stabilityai/stable-diffusion-xl-base-1.0'",
        "key='metrics/mAP50-95(B)'",
        "key: 'top_5_accuracy_at_10'",
        "key: gradients/layer1.0.conv1.weight",
        "hf_transfer and hf_hub_download",
        "hf_pretrained_model",
        "api_org_name",
        "dapi and sapi",
        "npm_package_name",
        "pypi-server",
        "sk_live_mode and rk_test_case",
        "glpat-",
        "local-attention-transformer",
        "AKIAK",
        "SG.small",
        "eyJ.eyJ",
        "ghp_short",
        "key-value-attention",
        "key-query-value-projection-matrix",
        "xoxo-hugs",
        "r8_config",
        "/home/me/projects/key/token/password.py",
        "C:\\Users\\me\\token.txt",
        "wandb/run-20240105_101112-abcd1234/files/config.yaml",
        "adapter_model.safetensors 4.2G",
        "local-global-attention-layer-normalization-with-relative-bias",
    ]


def _source() -> list[str]:
    """Return lines of code that handle secrets without containing one."""
    return [
        "api_key = os.environ['API_KEY']",
        "api_key=os.getenv('OPENAI_API_KEY')",
        "password = getpass.getpass()",
        "password = getpass('Password: ')",
        "password=settings.database_password",
        "token = tokenizer.encode(text)",
        "token = tokenizer.decode([token_id])",
        "tokens = text.split()",
        "token = self.next_token()",
        "token: Optional[str] = None",
        "def login(password: str, token: str | None = None) -> None:",
        "api_key: SecretStr",
        "secret = secrets.token_urlsafe(32)",
        "secret = hashlib.sha256(data).hexdigest()",
        "key = jax.random.PRNGKey(0)",
        "key, subkey = jax.random.split(key)",
        "key = f'{name}/{step}'",
        "key=lambda item: item[1]",
        "sorted(rows, key=operator.itemgetter('loss'))",
        "for key, value in config.items():",
        "if key == 'learning_rate':",
        "if token == 'endoftext':",
        "config['key'] = 'learning_rate'",
        "row['token'] = 'something'",
        "state['token'] = tokens[position]",
        "df.merge(other, on='key', how='left')",
        "columns = ['token', 'position', 'logprob']",
        "columns = ['password', 'username1']",
        "headers = {'Authorization': f'Bearer {token}'}",
        "headers = {'Authorization': 'Bearer ' + token}",
        "headers['Authorization'] = authorization",
        "headers = {'X-Api-Key': api_key}",
        "auth=(user, password)",
        "url = f'postgres://{user}:{password}@{host}/db'",
        "url = 'postgres://%s:%s@db/x' % (user, password)",
        "DATABASE_URL=postgres://user:${DB_PASSWORD}@db/x",
        "parser.add_argument('--api-key', help='the key of the service')",
        "parser.add_argument('--password', default=None)",
        "parser.add_argument('--token', type=str, required=True)",
        "@dataclass\nclass Config:\n    token: str\n    key: bytes\n",
        "assert 'password' not in text",
        "print('token', token)",
        "print('password:', password)",
        "attention(query, key, value)",
        "nn.MultiheadAttention(embed_dim, num_heads, kdim=key_dim)",
        "key_padding_mask=attention_mask",
        "self.k_proj(key).view(batch, heads, -1)",
        "keys = sorted(summary.keys())",
        "from transformers import AutoTokenizer",
        "import keyring, secrets, tokenize",
        "monkeypatch.setenv('WANDB_API_KEY', key)",
        "git log --pretty=format:%H",
        "a = b if secret else password",
        "password_field = driver.find_element('id', 'password')",
        "assert is_secret_name('password')",
        "SECRET_NAMES = ('password', 'passphrase', 'api_key')",
        "token_type_ids = inputs['token_type_ids']",
        "curl -u $USER:$PASSWORD https://example.com".replace("-u $USER:$PASSWORD", "-n"),
    ]


def _links(make: Maker) -> list[str]:
    """Return addresses without a password."""
    return [
        "https://host:8080/path and user@example.com and git@github.com:a/b.git",
        "https://example.com:443/@scope/package",
        "https://medium.com/@writer/an-article-about-tokens-123456",
        "http://localhost:8888/lab/tree/a@b.ipynb",
        "https://organization@dev.azure.com/organization/project/_git/repository",
        "https://a-very-long-organization-name@dev.azure.com/x/_git/y",
        "ssh://git@github.com:22/a/b.git",
        "git+ssh://git@github.com/a/b.git@v1.0",
        "https://en.wikipedia.org/wiki/Key:Value",
        "mailto:me@example.com",
        "s3://bucket/key/with/slashes",
        "file:///C:/Users/me/x@y.txt",
        "ws://[::1]:8080/socket@1",
        "https://example.com/?key=value&token=beginning",
        "https://example.com/search?q=password&page=2",
        "https://example.com/watch?v=dQw4w9WgXcQ",
        f"https://wandb.example/me/project/runs/{make.alnum(8)}",
        "https://docs.example.com/api-key#password=forgotten",
        "https://hooks.example.com/services/a",
        "https://hub.docker.com/r/a/b/tags",
    ]


def _harmless_values(make: Maker) -> Iterator[Text]:
    """Yield harmless values of config keys and rows."""
    values = [
        ("token", "beginning"),
        ("token", "<|endoftext|>"),
        ("token", "photosynthesis"),
        ("token", "12345678"),
        ("pad_token", "[PAD]-1234"),
        ("eos_token", "</s></s></s>"),
        ("key", "val/loss"),
        ("key", "train/epoch_10/accuracy"),
        ("key", "layer1.0.conv2.weight"),
        ("key", "meta-llama/Llama-3.1-8B-Instruct"),
        ("key", "2024-01-05T10:11:12"),
        ("key", f"{make.hex(8)}-{make.hex(4)}-4{make.hex(3)}-a{make.hex(3)}-{make.hex(12)}"),
        ("cache_key", make.hex(32)),
        ("public_key", make.base64(44)),
        ("sort_key", "validation_accuracy"),
        ("pw", "powerlaw"),
        ("pw", "piecewise-linear"),
        ("pass", "forward/backward"),
        ("cookie", "chocolate chip"),
        ("cookies", "oatmeal, raisin and walnut"),
        ("headers", "Content-Type"),
        ("headers.Accept", "application/json, text/plain"),
        ("headers.User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        ("headers.Content-Type", "multipart/form-data; charset=utf-8"),
        ("connection_string", "localhost:5432/database"),
        ("connection_string", "sqlite:///home/me/experiment_1.db"),
        ("session", "experiment-2024-01-05"),
        ("signature", "forward(input_ids, attention_mask)"),
        ("auth", "kerberos"),
        ("auth", "required-for-write"),
        ("dsn", "warehouse-production"),
        ("commit", make.hex(40)),
        ("git_sha", make.hex(40)),
        ("model_revision", make.hex(40)),
        ("dataset.hash", make.hex(40)),
        ("tokenizer", "bert-base-uncased"),
        ("keyword", "machine learning"),
        ("monkey", "macaque-rhesus-2019"),
        ("max_tokens", "4096 tokens"),
        ("tokens.first", "beginning"),
        ("model", "resnet50_imagenet1k_v2"),
        ("note", "the key is to keep the password secret"),
    ]
    for name, value in values:
        yield Text(value, "", name)
