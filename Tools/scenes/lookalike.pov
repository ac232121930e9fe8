// One view of one thing, alone, to be laid over a photo: povray lookalike.pov Declare=Kind=1 Declare=Shape=3 Declare=View=7
// Kind as in word.pov: 0-7 toys, 13 vases, 15 cans, 18 backpacks. The same Kind and Shape give the same thing; View draws
// light, distance and side.
#version 3.7;
global_settings { assumed_gamma 1 max_trace_level 5 ambient_light 1 }
#declare R = seed(777000 + View);
#include "things.inc"
#include "woods.inc"
#include "words.inc"

#local Warm = <1, Any(0.82, 1), Any(0.65, 1)>;
light_source { <Any(-15, 15), Any(8, 22), Any(-16, -6)> rgb Warm * Any(0.7, 1.15) area_light x * 5, y * 5, 3, 3 adaptive 1 jitter orient circular }
light_source { <Any(-14, 14), 12, Any(-14, 4)> rgb Any(0.15, 0.45) shadowless }
camera {
  perspective
  location vrotate(<0, Any(1.2, 4.4), -Any(3.8, 9.5)>, y * Any(-30, 30))
  right x * image_width / image_height
  angle Any(30, 44)
  look_at <Any(-0.3, 0.3), Any(0.8, 1.1), 0>
}
#local Turn = Any(-70, 70) + 90;
#local Little = Any(-30, 30);

#declare R = seed(5000 + Shape);
#local Vase = sor { 8, <0.30, -0.1>, <0.40, 0>, <0.45, 0.1>, <Any(0.6, 0.9), 0.8>, <0.55, 1.5>, <0.28, 1.9>, <0.40, 2.3>, <0.46, 2.4> open Plastic(Paint()) }
#if (Kind < 8) object { Toy(Kind) rotate y * Turn }
#else
  #switch (Kind)
    #case (13) object { Vase } #break
    #case (15) object { Can() rotate y * Little } #break
    #case (18) object { Backpack() rotate y * Little } #break
  #end
#end
