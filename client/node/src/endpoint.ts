// SPDX-License-Identifier: Apache-2.0

/** Where to connect to. */
export interface Endpoint {
  /** Name, IPv4 or IPv6 address, without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** `host:port`, with an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
