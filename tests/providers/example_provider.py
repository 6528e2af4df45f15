"""A provider of one's own: `model_name=service:URL` asks a JSON service.  Its entry point is in README.md."""

import aiohttp

from synth.providers import About, Answer, Failure, Options, Request
from synth.providers.failures import connection_failure, http_failure


class Service:
    def __init__(self, url: str, options: Options) -> None:
        self.about = About("service", endpoint=url, prompted=True)
        self.timeout = aiohttp.ClientTimeout(total=options.request_timeout)

    async def answer(self, request: Request) -> Answer | Failure:
        question = "\n\n".join(message.content for message in request.messages)
        try:
            async with aiohttp.request("POST", self.about.endpoint, data=question, timeout=self.timeout) as reply:
                body = await reply.text()
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            return connection_failure(error)
        return Answer(body) if reply.status == 200 else http_failure(reply.status, reply.headers, body, [question])

    async def aclose(self) -> None:
        """Nothing is kept open."""
