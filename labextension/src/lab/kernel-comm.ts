import type { Kernel } from '@jupyterlab/services';
import { CommTransport } from '../sources/comm-transport';
import { COMM_TARGET } from '../wire/messages';

const SUBSHELL_TIMEOUT_MS = 3000;

/** Open a comm to the kernel of run `id`. */
export async function openComm(kernel: Kernel.IKernelConnection, id: string): Promise<CommTransport> {
  const comm = await createComm(kernel);
  const transport = new CommTransport({
    pushes: false,
    send: (request) => void comm.send(request),
    close: () => void (comm.isDisposed || comm.close()),
  });
  comm.onMsg = ({ content, buffers }) => transport.receive(content.data, buffers);
  comm.onClose = () => transport.disconnect();
  comm.open({ id });
  return transport;
}

/** Have the kernel publish the outputs with these display ids again, as they are now. */
export async function requestOutputs(kernel: Kernel.IKernelConnection, outputs: string[]): Promise<void> {
  (await createComm(kernel)).open({ outputs });
}

/** A comm on its own subshell, which is served while a cell runs. */
async function createComm(kernel: Kernel.IKernelConnection): Promise<Kernel.IComm> {
  const comm = kernel.createComm(COMM_TARGET);
  // Without a subshell the comm would only open when the running cell ends; kernels without subshells never report one.
  const { subshellStarted } = comm as Kernel.IComm & { subshellStarted?: Promise<void> }; // not in the interface
  await Promise.race([subshellStarted, new Promise((done) => setTimeout(done, SUBSHELL_TIMEOUT_MS))]);
  return comm;
}
