"""What can go wrong with a write on its way to a simulated service, and with the answer on its way back."""

from __future__ import annotations

from abc import abstractmethod

from tests.simulators.http import Answer, Handler, Request


class Deliveries:
    """The faults of a service that can be written to, for `Server.fail`."""

    late: list[Request]
    """Writes that are on their way still: see `delayed` and `arrive`."""

    @abstractmethod
    def take(self, request: Request) -> Answer:
        """Do what a request asks for, and answer it."""

    def applied_then(self, answer: Answer) -> Handler:
        """The write is taken, and this is answered in place of the result."""

        def handle(request: Request) -> Answer:
            self.take(request)
            return answer

        return handle

    def delayed(self, answer: Answer) -> Handler:
        """This is answered, and the write arrives at `arrive`."""

        def handle(request: Request) -> Answer:
            self.late.append(request)
            return answer

        return handle

    def arrive(self) -> None:
        """Let the delayed writes reach the service."""
        while self.late:
            self.take(self.late.pop(0))

    def twice(self, request: Request) -> Answer:
        """The network delivers the request a second time."""
        answer = self.take(request)
        self.take(request)
        return answer
