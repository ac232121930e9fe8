"""A client in another language: walks the main journey against a running server with Python's grpcio.

Usage: journey.py PROTO_DIR SERVER CA_FILE USER PASSWORD_FILE PHOTO...

Generates its stubs from the same proto files at run time. Prints one JSON object on success; any surprise is an
exception, so the exit status tells.
"""
import importlib
import json
import pathlib
import sys
import tempfile

import grpc
from grpc_tools import protoc

CHUNK = 64 << 10


def stubs(proto_dir: str, out: str) -> dict:
    """Compiles the proto files and imports the modules, by file name."""
    names = ["accounts", "concepts", "vision", "server"]
    include = pathlib.Path(protoc.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{proto_dir}", f"-I{include}", f"--python_out={out}", f"--grpc_python_out={out}"]
    files = [f"myvlm/v1/{name}.proto" for name in [*names, "options"]]
    if protoc.main([*arguments, *files]):
        raise SystemExit("the proto files do not compile")
    sys.path.insert(0, out)
    modules = {}
    for name in names:
        modules[name] = importlib.import_module(f"myvlm.v1.{name}_pb2")
        modules[f"{name}_grpc"] = importlib.import_module(f"myvlm.v1.{name}_pb2_grpc")
    return modules


def chunks(messages, photos: list[str]):
    """The photos as a client stream, a few chunks each."""
    for photo in photos:
        data = pathlib.Path(photo).read_bytes()
        parts = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)] or [b""]
        for index, part in enumerate(parts):
            yield messages.PhotoChunk(
                file_name=pathlib.Path(photo).name if index == 0 else "", data=part, last=index == len(parts) - 1)


def expect(code: grpc.StatusCode, call) -> None:
    """Runs a call that must fail with the given status."""
    try:
        call()
    except grpc.RpcError as error:
        if error.code() != code:
            raise
        return
    raise SystemExit(f"a call that should fail with {code} succeeded")


def main() -> None:
    proto_dir, server, authority, user, password_file, *photos = sys.argv[1:]
    with tempfile.TemporaryDirectory() as out:
        modules = stubs(proto_dir, out)
        credentials = grpc.ssl_channel_credentials(pathlib.Path(authority).read_bytes())
        with grpc.secure_channel(server, credentials) as channel:
            print(json.dumps(journey(modules, channel, user, pathlib.Path(password_file).read_text().strip(), photos)))


def journey(modules: dict, channel: grpc.Channel, user: str, password: str, photos: list[str]) -> dict:
    accounts = modules["accounts_grpc"].AccountsStub(channel)
    concepts = modules["concepts_grpc"].ConceptsStub(channel)
    vision = modules["vision_grpc"].VisionStub(channel)
    messages = modules["concepts"]

    expect(grpc.StatusCode.UNAUTHENTICATED, lambda: concepts.ListConcepts(messages.ListConceptsRequest()))
    login = modules["accounts"].LoginRequest
    expect(grpc.StatusCode.UNAUTHENTICATED, lambda: accounts.Login(login(user=user, password="not the password")))
    token = accounts.Login(login(user=user, password=password, label="python")).token
    metadata = [("authorization", f"Bearer {token}")]

    receipt = concepts.UploadPhotos(chunks(messages, photos), metadata=metadata)
    assert receipt.photos == len(photos), receipt
    request = messages.EnrollRequest(
        upload_id=receipt.upload_id, name="Pytho", kind=messages.CONCEPT_KIND_OBJECT, class_noun="thing", seed=3)
    events = list(concepts.Enroll(request, metadata=metadata))
    steps = [event.progress.step for event in events if event.WhichOneof("event") == "progress"]
    assert events[-1].WhichOneof("event") == "done" and steps == sorted(steps) and steps, events
    assert events[-1].done.version.number == 1 and events[-1].done.created

    listed = concepts.ListConcepts(messages.ListConceptsRequest(), metadata=metadata)
    assert [concept.name for concept in listed.concepts] == ["Pytho"], listed

    caption = modules["vision"].CaptionRequest(image=pathlib.Path(photos[0]).read_bytes())
    answer = list(vision.Caption(caption, metadata=metadata))
    text = "".join(event.piece.text for event in answer if event.WhichOneof("event") == "piece")
    assert answer[-1].WhichOneof("event") == "end" and answer[-1].end.text == text, answer

    expect(
        grpc.StatusCode.FAILED_PRECONDITION,
        lambda: concepts.Rollback(messages.RollbackRequest(name="Pytho"), metadata=metadata))
    expect(
        grpc.StatusCode.INVALID_ARGUMENT,
        lambda: list(vision.Caption(modules["vision"].CaptionRequest(image=b"no picture"), metadata=metadata)))
    expect(
        grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(vision.Caption(caption, metadata=metadata, timeout=0.001)))
    call = vision.Caption(caption, metadata=metadata)
    next(call)
    call.cancel()
    assert accounts.WhoAmI(modules["accounts"].WhoAmIRequest(), metadata=metadata).name == user
    accounts.Logout(modules["accounts"].LogoutRequest(), metadata=metadata)
    expect(
        grpc.StatusCode.UNAUTHENTICATED,
        lambda: concepts.ListConcepts(messages.ListConceptsRequest(), metadata=metadata))
    return {"steps": len(steps), "caption": text, "fired": [found.concept for found in answer[-1].end.fired]}


if __name__ == "__main__":
    main()
