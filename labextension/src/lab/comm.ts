import type { Kernel } from '@jupyterlab/services';
import { CommTransport } from '../sources/comm';
import { COMM_TARGET } from '../wire/messages';

const PATIENCE_MS = 3000;

/** Open a comm to the kernel that runs `id`. On its own subshell it is answered while a cell runs. */
export async function openComm(kernel: Kernel.IKernelConnection, id: string): Promise<CommTransport> {
  const comm = kernel.createComm(COMM_TARGET);
  // Sent earlier, the opening would wait for the running cell's end; kernels without subshells never say so.
  const { subshellStarted } = comm as Kernel.IComm & { subshellStarted?: Promise<void> }; // not in the interface
  await Promise.race([subshellStarted, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
  const transport = new CommTransport({
    pushes: false,
    send: (request) => void comm.send(request),
    close: () => void (comm.isDisposed || comm.close()),
  });
  comm.onMsg = ({ content, buffers }) => transport.receive(content.data, buffers);
  comm.onClose = () => transport.hungUp();
  comm.open({ id });
  return transport;
}
