// A page that comes as a Fastify plugin of its own, below one path and behind one scope of ours. It may look, and change nothing.
import type { RouteScope } from "@ursa/contracts/scopes";
import type { FastifyPluginCallback, RouteOptions } from "fastify";
import type { App } from "./create-app.ts";
import { contentSecurityPolicy } from "./security-headers.ts";

export type Mount = {
  /** Without a slash at its end. */
  path: string;
  /** Of each of its addresses, whatever they are. */
  scope: RouteScope;
  plugin: FastifyPluginCallback;
  /** Directives of the Content-Security-Policy that this page needs otherwise than ours. */
  contentSecurity?: Record<string, string>;
};

/** The server refuses to start when the plugin has a route that is no GET. */
export function addMount({ fastify, addresses }: App, mount: Mount): void {
  const { path, scope, plugin, contentSecurity } = mount;
  const policy = contentSecurityPolicy(contentSecurity);
  fastify.register((scoped, _options, done) => {
    scoped.addHook("onRoute", (route) => {
      assertLooking(route);
      const template = route.url.replace(/:(\w+)/g, "{$1}");
      // What the gate asks for stands here; a route without it is let in by nobody.
      route.config = { ...route.config, template, scope };
      route.method = ["GET", "HEAD"];
      addresses.push({ method: "GET", template });
    });
    scoped.addHook("onRequest", async (_request, reply) => void reply.header("content-security-policy", policy));
    scoped.register(withErrors(plugin), { prefix: path });
    done();
  });
}

/** What a plugin with a callback throws would otherwise be nobody's. */
const withErrors =
  (plugin: FastifyPluginCallback): FastifyPluginCallback =>
  (guest, options, done) => {
    try {
      plugin(guest, options, done);
    } catch (error) {
      // It throws errors; `done` asks for nothing else.
      done(error as Error);
    }
  };

function assertLooking({ method, url }: RouteOptions): void {
  const other = [method].flat().find((one) => one !== "GET" && one !== "HEAD");
  if (other) throw new Error(`${other} ${url} is of a mounted page, which may have GET only.`);
}
