// Before any schema is made, so imported first.
import { z } from "zod";

// Else zod tries whether code can be made from text, which the page's Content-Security-Policy reports as an attack.
z.config({ jitless: true });
