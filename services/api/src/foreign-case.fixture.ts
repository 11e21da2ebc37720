// What the cases of foreign-cases.fixture.ts are made of: the two namespaces, things of ours, and how little is said of them.
import { newId } from "@ursa/catalog/new-id";
import type { ArgumentsOf, Client } from "@ursa/contracts/client";
import type { Model } from "@ursa/contracts/model";
import type { ProblemCode } from "@ursa/contracts/problem";
import type { RouteId } from "@ursa/contracts/routes";
import { keys } from "@ursa/store/keys";
import type { World } from "./api-world.fixture.ts";
import * as seed from "./seed-records.fixture.ts";

export const OURS = "team-a";
export const THEIRS = "team-b";
export const ours = { namespace: OURS };
export const theirs = { namespace: THEIRS };

export type ForeignCase<Id extends RouteId = RouteId> = {
  args: ArgumentsOf<Id>;
  /** What our own key sends, where that is not the same. */
  ownArgs?: ArgumentsOf<Id>;
  /** "nothing" of ours is in the answer, which is a success. */
  expected: ProblemCode | "nothing";
  /** In the answer to us, and in none to them. */
  telling?: string[];
  /** Refused whoever asks, so that our own call proves nothing. */
  isRefusedAnyway?: boolean;
};
export type CasesOf = { [Id in RouteId]: (world: WalkedWorld) => Promise<ForeignCase<Id>[]> };
/** `ourClient` has a key of `OURS`. */
export type WalkedWorld = World & { ourClient: Client };

export const hidden = <A>(id: string, args = { params: { id } } as A) => [{ args, expected: "not_found" as const }];
export const hiddenAll = async <A>(record: Promise<{ id: string }>, more: Omit<A, "params">) => {
  const { id } = await record;
  return hidden<A>(id, { params: { id }, ...more } as A);
};
export const listed = (...telling: string[]) => [{ args: {}, expected: "nothing" as const, telling }];
export const open = async () => [{ args: {}, expected: "nothing" as const }];
export const alias = async (world: World, name: string) => {
  const { id } = await seed.seedModel(world, ours);
  await world.aliases.put(OURS, name, { model: id });
  return { name, id };
};
/** As `alias`, and anybody may ask it. */
export async function openAlias(world: World, name: string): Promise<void> {
  await alias(world, name);
  await world.aliases.put(OURS, name, { public: { origins: [], ratePerMinute: 6000 } });
}
export const upload = async (world: World, text = "https://a.example/1\nhttps://a.example/2\n") => {
  const name = `${newId("dataset")}.txt`;
  await world.store.put(keys.upload(OURS, name), text);
  return name;
};
/** A model that another may start from. */
export const withWeights = (world: World, place: { namespace: string }): Promise<Model> => {
  const weights = {
    stage: "stage-1",
    name: "weights.safetensors",
    key: "anywhere",
    bytes: 1,
    sha256: seed.sha256Of("w"),
  };
  return seed.seedModel(world, { ...place, artifacts: [weights] as Model["artifacts"] });
};
