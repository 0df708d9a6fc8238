"""OpenAI's Python client against a running daemon: lists, asks, streams, is refused."""

import os
import sys

sys.path.insert(0, os.environ["AIIA_OPENAI_PYTHON"])

import openai

client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"], max_retries=0, timeout=30)
question = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]

names = [model.id for model in client.models.list()]
assert "scripted/m" in names, names

whole = client.chat.completions.create(model="scripted/m", messages=question, temperature=0, max_tokens=50)
assert whole.choices[0].message.content == "One two three.", whole
assert whole.choices[0].finish_reason == "stop", whole
assert whole.usage.prompt_tokens == 12 and whole.usage.completion_tokens == 3, whole.usage

text, usage = "", None
for chunk in client.chat.completions.create(model="scripted/m", messages=question, stream=True, stream_options={"include_usage": True}):
    text += "".join(choice.delta.content or "" for choice in chunk.choices)
    usage = chunk.usage or usage
assert text == "One two three." and usage.completion_tokens == 3, (text, usage)

kept = client.chat.completions.create(model="scripted/m", messages=question, extra_headers={"x-aiia-project": os.environ["PROJECT"]})
assert kept.metadata["chat_id"] if hasattr(kept, "metadata") else kept.model_extra["metadata"]["chat_id"], kept

picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
seen = client.chat.completions.create(model="scripted/m", messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}])
assert seen.choices[0].message.content == "One two three.", seen
remote = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}]

try:
    list(client.chat.completions.create(model="nobody/m", messages=question, stream=True))
except openai.NotFoundError as caught:
    assert caught.code == "model_not_found" and caught.param == "model", caught
else:
    raise AssertionError("a model that does not exist was not refused")

for wrong, error in (({"model": "nobody/m"}, openai.NotFoundError), ({"messages": remote}, openai.BadRequestError), ({"n": 2}, openai.BadRequestError), ({"messages": []}, openai.BadRequestError)):
    try:
        client.chat.completions.create(**{"model": "scripted/m", "messages": question, **wrong})
    except error as caught:
        assert str(caught), caught
    else:
        raise AssertionError(f"{wrong} was not refused")

try:
    openai.OpenAI(base_url=os.environ["BASE_URL"], api_key="wrong", max_retries=0).models.list()
except openai.AuthenticationError:
    pass
else:
    raise AssertionError("a wrong key was not refused")
print("ok")
