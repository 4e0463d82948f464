"""An ASGI application that says when its process accepts connections, and one that never gets that far."""

import asyncio
import os
import socket
import time


def listens():
    for name in os.listdir("/proc/self/fd"):
        try:
            copy = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        with copy:
            try:
                if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    return True
            except OSError:
                pass
    return False


async def tell():
    while not listens():
        await asyncio.sleep(0.005)
    print("ready", os.getpid(), flush=True)


async def app(scope, receive, send):
    if scope["type"] != "lifespan":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    task = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            task = asyncio.get_running_loop().create_task(tell())
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            task.cancel()
            return


async def stuck(scope, receive, send):
    print("starting", os.getpid(), flush=True)
    time.sleep(600)


# The same under another name, for a test that must not be taken for its neighbour.
stuck_elsewhere = stuck
